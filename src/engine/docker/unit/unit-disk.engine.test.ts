import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { openDockerFixture, type DockerFixture } from "../docker-fixture.ts";
import { parseDockerHost } from "../docker-engine.ts";

const MIB = 1024 * 1024;
/** Directories and what a program leaves by the way. */
const BY_THE_WAY = 512 * 1024;

/** The real engine as one of another machine is: by TCP, so that none of its files is taken for one of this host. */
async function openFarEngine(): Promise<AsyncDisposable & { readonly endpoint: ReturnType<typeof parseDockerHost> }> {
  const near = parseDockerHost(undefined);
  if (!("socketPath" in near)) throw new Error("This test needs an engine at a unix socket.");
  const sockets = new Set<Socket>();
  const relay = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: near.socketPath, allowHalfOpen: true });
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy()).on("close", () => other.destroy());
      socket.pipe(other);
    }
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  return {
    endpoint: parseDockerHost(`tcp://127.0.0.1:${(relay.address() as AddressInfo).port}`),
    [Symbol.asyncDispose]: async () => {
      const closed = once(relay, "close");
      relay.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function write(docker: DockerFixture, id: string): Promise<void> {
  const line =
    "dd if=/dev/urandom of=/workspace/here bs=1048576 count=3 && dd if=/dev/urandom of=/root/there bs=1048576 count=5";
  expect((await docker.shell(id, line)).exit.exitCode).toBe(0);
}

test("on an engine elsewhere a workspace is counted inside by du, and the rest by the engine's own word", async () => {
  await using far = await openFarEngine();
  await using docker = openDockerFixture({ endpoint: far.endpoint });
  const id = await docker.sandbox();
  await write(docker, id);
  const use = await docker.engine.disk.use(id);
  expect(Math.abs((use?.workspaceBytes ?? Number.NaN) - 3 * MIB)).toBeLessThan(BY_THE_WAY);
  expect(Math.abs((use?.rootBytes ?? Number.NaN) - 5 * MIB)).toBeLessThan(BY_THE_WAY);
  expect(await docker.engine.disk.room()).toBeNull();
  // Where nothing runs nobody can count inside.
  await docker.engine.stop(id, { graceMs: 0 });
  const stopped = await docker.engine.disk.use(id);
  expect(stopped?.workspaceBytes).toBeNull();
  expect(Math.abs((stopped?.rootBytes ?? Number.NaN) - 5 * MIB)).toBeLessThan(BY_THE_WAY);
});

test("on an engine elsewhere a workspace in an image without du is not known", async () => {
  await using far = await openFarEngine();
  await using docker = openDockerFixture({ endpoint: far.endpoint });
  const image = await docker.image("FROM busybox:latest\nRUN rm /bin/du\n");
  const id = await docker.sandbox({ image });
  await write(docker, id);
  const use = await docker.engine.disk.use(id);
  expect(use?.workspaceBytes).toBeNull();
  expect(Math.abs((use?.rootBytes ?? Number.NaN) - 5 * MIB)).toBeLessThan(BY_THE_WAY);
});
