import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Listening } from "./targets.ts";

/** Ports of this machine on all its addresses, which close every connection and send every datagram back. */
export async function listenOnHost(): Promise<Listening & AsyncDisposable> {
  const links = new Set<Socket>();
  const server = createServer((link) => {
    links.add(link);
    // A probe that leaves in the middle is none of our concern.
    link.on("error", () => undefined).on("close", () => links.delete(link));
    link.end();
  });
  const datagrams = createSocket({ type: "udp6" });
  datagrams.on("message", (message, { address, port }) => datagrams.send(message.subarray(0, 64), port, address));
  server.listen(0);
  datagrams.bind(0);
  await Promise.all([once(server, "listening"), once(datagrams, "listening")]);
  return {
    tcp: (server.address() as AddressInfo).port,
    udp: datagrams.address().port,
    [Symbol.asyncDispose]: async () => {
      for (const link of links) link.destroy();
      const closed = Promise.all([once(server, "close"), once(datagrams, "close")]);
      server.close();
      datagrams.close();
      await closed;
    },
  };
}
