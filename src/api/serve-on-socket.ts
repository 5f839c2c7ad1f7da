import { once } from "node:events";
import { Server, type ServerResponse } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { sleep } from "../base/deadline.ts";
import type { Logger } from "../base/logger.ts";
import type { Api } from "./api-env.ts";
import { MAX_HEAD_BYTES, refuseMalformed } from "./refuse-malformed.ts";
import { listenAt } from "./socket-file.ts";

/** A stop waits so long for open requests, then breaks them. */
const DRAIN_MS = 10_000;
/** Uploads may take this long; the socket's only client is the user who started the server. */
const REQUEST_MS = 3_600_000;

export type SocketServerParts = {
  readonly app: Api;
  /** File name of the socket; its directory is there. */
  readonly path: string;
  readonly logger: Logger;
  /** @default 10000 */
  readonly drainMs?: number;
};

export type SocketServer = AsyncDisposable & { readonly path: string };

/**
 * Serves the app on a unix socket that only this user can open, and on nothing else.
 * @throws CONFLICT when a server is listening there already.
 */
export async function serveOnSocket({
  app,
  path,
  logger,
  drainMs = DRAIN_MS,
}: SocketServerParts): Promise<SocketServer> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_MS, maxHeaderSize: MAX_HEAD_BYTES },
  });
  if (!(server instanceof Server)) throw new TypeError("Expected a server for plain HTTP.");
  const file = await listenAt(server, path);
  refuseMalformed(server, logger);
  server.on("error", (error) => logger.error({ err: error }, "The server's socket failed."));
  logger.info({ path }, "listening");
  let stopped: Promise<void> | undefined;
  // A connection that is kept alive would hold a stop up for seconds after its last answer.
  server.on("request", (_request, response: ServerResponse) => {
    response.once("close", () => {
      if (stopped !== undefined) setImmediate(() => server.closeIdleConnections());
    });
  });
  return {
    path,
    [Symbol.asyncDispose]: () => (stopped ??= stop(server, file, drainMs).then(() => logger.info({ path }, "stopped"))),
  };
}

// The name goes first, so that nobody finds a server that is about to stop.
async function stop(server: Server, file: AsyncDisposable, drainMs: number): Promise<void> {
  await file[Symbol.asyncDispose]();
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const settled = new AbortController();
  const drained = await Promise.race([closed.then(() => true), sleep(drainMs, settled.signal).then(() => false)]);
  settled.abort();
  if (drained) return;
  server.closeAllConnections();
  await closed;
}
