import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { z } from "zod";
import { newId } from "../../../../base/ids.ts";
import type { EngineApi } from "../../api/engine-api.ts";
import { CreatedReply } from "../../api/replies.ts";
import { openOutside, type Outside } from "./outside.ts";

const HELLO = "hello from where you may not be";

/** What a sandbox might try to reach: a name, an address, a port. */
export type Target = { readonly name: string; readonly address: string; readonly port: number };

export type Targets = AsyncDisposable & {
  readonly all: readonly Target[];
  readonly outside: Outside;
  /** Where the host listens on all its addresses. */
  readonly hostPort: number;
};

/** A host with a service on all addresses, a neighbour's published port, and a machine outside. */
export async function openTargets(api: EngineApi): Promise<Targets> {
  await using undo = new AsyncDisposableStack();
  const outside = undo.use(await openOutside(HELLO));
  const server = createServer((client) => client.on("error", () => client.destroy()).end(HELLO));
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  undo.defer(() => void server.close());
  const hostPort = (server.address() as AddressInfo).port;
  const neighbour = undo.use(await openNeighbour(api));
  // Bridges of other tests come and go.
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => /^(docker0|e(?:th|n)[a-z0-9]+)$/.test(name))
    .flatMap(([, all]) => (all ?? []).filter(({ family }) => family === "IPv4").map(({ address }) => address));
  const open = undo.move();
  return {
    outside,
    hostPort,
    all: [
      ...addresses.map((address) => ({ name: `host-${address}`, address, port: hostPort })),
      { name: "published", address: addresses[0] ?? "", port: neighbour.publishedPort },
      { name: "neighbour", address: neighbour.address, port: 8080 },
      { name: "internet", address: outside.internet, port: outside.port },
      { name: "link-local", address: outside.linkLocal, port: outside.port },
      { name: "lan", address: outside.lan, port: outside.port },
    ],
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** A shell script that tries all at once and prints the names that answered, and `dns` when a resolver outside did. */
export function attempts(targets: readonly Target[], { internet }: Outside): string {
  const tries = targets.map(
    ({ name, address, port }) => `(nc -w 4 ${address} ${port} </dev/null | grep -q "${HELLO}" && echo ${name}) &`,
  );
  return `${tries.join("\n")}\n(timeout 4 nslookup name.example ${internet} 2>&1 | grep -q "can't find" && echo dns) &\nwait`;
}

/** Runs the script in a container on the engine's default bridge, as everybody's does. */
export async function tryFromPlainBridge(api: EngineApi, script: string): Promise<readonly string[]> {
  await using container = await plainContainer(api, { Cmd: ["sh", "-c", script], Tty: true });
  await api.send({ method: "POST", path: `/containers/${container.id}/wait`, timeoutMs: 30_000 });
  const logs = await api.stream({
    method: "GET",
    path: `/containers/${container.id}/logs`,
    query: { stdout: "1" },
  });
  let text = "";
  for await (const chunk of logs as AsyncIterable<Buffer>) text += chunk.toString();
  return text.split(/\s+/).filter((name) => name !== "");
}

const AddressReply = z.object({
  NetworkSettings: z.object({
    IPAddress: z.string(),
    Ports: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()),
  }),
});

async function openNeighbour(api: EngineApi) {
  const container = await plainContainer(api, {
    Cmd: ["nc", "-ll", "-p", "8080", "-e", "echo", HELLO],
    ExposedPorts: { "8080/tcp": {} },
    HostConfig: { PortBindings: { "8080/tcp": [{ HostIp: "0.0.0.0", HostPort: "" }] } },
  });
  const request = { method: "GET", path: `/containers/${container.id}/json` } as const;
  const { NetworkSettings } = await api.json(request, AddressReply);
  return {
    address: NetworkSettings.IPAddress,
    publishedPort: Number(NetworkSettings.Ports["8080/tcp"]?.[0]?.HostPort),
    [Symbol.asyncDispose]: () => container[Symbol.asyncDispose](),
  };
}

async function plainContainer(api: EngineApi, body: object) {
  const json = { Image: "busybox:latest", Labels: { "moorage.test": "1" }, ...body };
  const query = { name: `moorage-test-${newId()}` };
  const { Id: id } = await api.json({ method: "POST", path: "/containers/create", query, json }, CreatedReply);
  const remove = (): Promise<void> => api.send({ method: "DELETE", path: `/containers/${id}`, query: { force: "1" } });
  try {
    await api.send({ method: "POST", path: `/containers/${id}/start` });
  } catch (error) {
    await remove();
    throw error;
  }
  return { id, [Symbol.asyncDispose]: remove };
}
