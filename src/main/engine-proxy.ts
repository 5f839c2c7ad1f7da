import { once } from "node:events";
import type { Socket } from "node:net";
import { listenAt } from "../api/index.ts";
import type { Logger } from "../base/logger.ts";
import { createEngineFilter } from "../engine/docker/filter/engine-filter.ts";

/** Its user and its group: the one who may use the engine is another than the one who may do everything with it. */
const MODE = 0o660;

export type EngineProxying = {
  /** File name of the socket; its directory is there. */
  readonly listen: string;
  /** The engine's own socket. */
  readonly upstream: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onReady: () => void;
};

/** Lets through what Moorage asks of an engine, until the signal aborts. CONFLICT when somebody listens there. */
export async function serveEngineProxy(wish: EngineProxying): Promise<void> {
  const { listen, upstream, logger, signal, onReady } = wish;
  const server = createEngineFilter({ socketPath: upstream, logger });
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  await using _socket = await listenAt(server, { path: listen, mode: MODE });
  onReady();
  if (!signal.aborted) await once(signal, "abort");
  server.close();
  for (const connection of connections) connection.destroy();
}
