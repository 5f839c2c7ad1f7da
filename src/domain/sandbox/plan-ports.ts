import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { MoorageError } from "../../base/errors.ts";
import type { PortWish, PublishedPort, SandboxCreate } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";

const LOOPBACK = "127.0.0.1";
const RESERVED = 3000;
const TRIES = 50;

/** The network that was asked for, else what the ports and the readiness need: reachable, and no way out. */
export function networkFor({ network, ports, readiness }: SandboxCreate): string | undefined {
  const needed = (ports ?? []).length > 0 ? "ports" : readiness?.http === undefined ? undefined : "readiness.http";
  if (needed === undefined) return network;
  if (network !== "none") return network ?? "internal";
  throw new MoorageError("INVALID_INPUT", `${needed} needs a network that lets the host in; network is "none".`, {
    hint: "Leave out --network, which is internal then: the host gets in, and nothing gets out.",
  });
}

/** The ports with a host port each; free ones are looked for on this host, and the engine has the last word. */
export async function planPorts({ store }: DomainContext, wishes: readonly PortWish[] = []): Promise<PublishedPort[]> {
  if (wishes.length === 0) return [];
  const named = wishes.flatMap(({ hostPort }) => (typeof hostPort === "number" ? [hostPort] : []));
  const chosen = new Set([RESERVED, ...named]);
  const isFree = async (port: number): Promise<boolean> =>
    !chosen.has(port) && !(await store.sandboxes.isHostPortTaken(port));
  const planned: PublishedPort[] = [];
  for (const { port, hostPort: wish = "auto", protocol = "tcp" } of wishes) {
    const hostPort = wish === "auto" ? await freePort(protocol, isFree) : wish;
    chosen.add(hostPort);
    planned.push({ port, hostPort, protocol });
  }
  return planned;
}

async function freePort(protocol: "tcp" | "udp", isFree: (port: number) => Promise<boolean>): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = await (protocol === "tcp" ? freeTcpPort() : freeUdpPort());
    if (await isFree(port)) return port;
  }
  throw new MoorageError("CONFLICT", `No free ${protocol} port was found on ${LOOPBACK} in ${TRIES} tries.`);
}

async function freeTcpPort(): Promise<number> {
  const server = createServer();
  try {
    server.listen(0, LOOPBACK);
    await once(server, "listening");
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : RESERVED;
  } finally {
    server.close();
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  try {
    socket.bind(0, LOOPBACK);
    await once(socket, "listening");
    return socket.address().port;
  } finally {
    socket.close();
  }
}
