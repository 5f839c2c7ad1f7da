import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Says hello to whoever connects, and to whoever asks for a name that there is no such name. */
const SERVER = `
const [hello, port] = process.argv.slice(1);
const net = require("node:net"), dgram = require("node:dgram");
const tcp = net.createServer((client) => client.on("error", () => client.destroy()).end(hello));
const udp = dgram.createSocket("udp4", (query, peer) => {
  const reply = Buffer.from(query);
  reply.writeUInt16BE(0x8183, 2);
  udp.send(reply, peer.port, peer.address);
});
udp.bind(53, () => tcp.listen(Number(port), "0.0.0.0", () => console.log("ready")));
`;

/** A machine on the other side of this host's router: a network namespace with addresses that sandboxes might try. */
export type Outside = AsyncDisposable & {
  /** In a range that nobody calls private. */
  readonly internet: string;
  /** In the range of the cloud's metadata services. */
  readonly linkLocal: string;
  /** In a private range. */
  readonly lan: string;
  readonly port: number;
};

export async function openOutside(hello: string): Promise<Outside> {
  await using undo = new AsyncDisposableStack();
  const [second, third, fourth] = [randomInt(256), randomInt(1, 254), randomInt(64) * 4];
  const name = `mrgo${second * 65_536 + third * 256 + fourth}`;
  const addresses = {
    internet: `25.${second}.${third}.${fourth + 2}`,
    linkLocal: `169.254.${third}.${fourth + 2}`,
    lan: `10.99.${third}.${fourth + 2}`,
  };
  const host = `25.${second}.${third}.${fourth + 1}`;
  await ip("netns", "add", name);
  undo.defer(() => ip("netns", "del", name));
  await ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
  await ip("addr", "add", `${host}/30`, "dev", name);
  await ip("link", "set", name, "up");
  await ip("-n", name, "link", "set", "eth0", "up");
  await ip("-n", name, "link", "set", "lo", "up");
  await ip("-n", name, "addr", "add", `${addresses.internet}/30`, "dev", "eth0");
  await ip("-n", name, "route", "add", "default", "via", host);
  for (const address of [addresses.linkLocal, addresses.lan]) {
    await ip("-n", name, "addr", "add", `${address}/32`, "dev", "lo");
    await ip("route", "add", `${address}/32`, "via", addresses.internet, "dev", name);
  }
  const port = 8080;
  const server = spawn("ip", ["netns", "exec", name, process.execPath, "-e", SERVER, hello, String(port)]);
  undo.defer(async () => {
    const closed = once(server, "close");
    server.kill("SIGKILL");
    await closed;
  });
  await once(server.stdout, "data");
  const open = undo.move();
  return { ...addresses, port, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

async function ip(...args: string[]): Promise<void> {
  await run("ip", args);
}
