import { once } from "node:events";
import { Server, type ServerResponse } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { sleep } from "../base/deadline.ts";
import type { Logger } from "../base/logger.ts";
import type { Api } from "./api-env.ts";
import { acceptUpgrades, wantsWebSocket, type Upgrades } from "./terminal/upgrades.ts";
import { MAX_HEAD_BYTES, refuseMalformed } from "./refuse-malformed.ts";

/** A stop waits so long for open requests, then breaks them. */
const DRAIN_MS = 10_000;
/** Uploads may take this long. */
const REQUEST_MS = 3_600_000;
/** A head has to have come by then, or its connection goes. */
const HEAD_MS = 15_000;
const LOOK_MS = 5_000;

export type HttpServerParts = {
  readonly app: Api;
  readonly logger: Logger;
  /** @default 10000 */
  readonly drainMs?: number;
};

/** Makes the server listen somewhere; what it answers gives the place back. */
type Listen<Place> = (server: Server) => Promise<AsyncDisposable & { readonly place: Place }>;

/** Serves the app where `listen` says, until it is disposed: then open requests are waited for, for a while. */
export async function serveHttp<Place>(
  { app, logger, drainMs = DRAIN_MS }: HttpServerParts,
  listen: Listen<Place>,
): Promise<AsyncDisposable & { readonly place: Place }> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      requestTimeout: REQUEST_MS,
      headersTimeout: HEAD_MS,
      connectionsCheckingInterval: LOOK_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      shouldUpgradeCallback: wantsWebSocket,
    },
  });
  if (!(server instanceof Server)) throw new TypeError("Expected a server for plain HTTP.");
  const listening = await listen(server);
  const { place } = listening;
  refuseMalformed(server, logger);
  const upgrades = acceptUpgrades(server, app, logger);
  server.on("error", (error) => logger.error({ err: error, place }, "The server's socket failed."));
  logger.info({ place }, "listening");
  let stopped: Promise<void> | undefined;
  // A connection that is kept alive would hold a stop up for seconds after its last answer.
  server.on("request", (_request, response: ServerResponse) => {
    response.once("close", () => {
      if (stopped !== undefined) setImmediate(() => server.closeIdleConnections());
    });
  });
  return {
    place,
    [Symbol.asyncDispose]: () =>
      (stopped ??= stop({ server, listening, upgrades }, drainMs).then(() => logger.info({ place }, "stopped"))),
  };
}

type Stopping = { readonly server: Server; readonly listening: AsyncDisposable; readonly upgrades: Upgrades };

// The name goes first, so that nobody finds a server that is about to stop.
async function stop({ server, listening, upgrades }: Stopping, drainMs: number): Promise<void> {
  await listening[Symbol.asyncDispose]();
  const closed = once(server, "close");
  upgrades.close();
  server.close();
  server.closeIdleConnections();
  const settled = new AbortController();
  const drained = await Promise.race([closed.then(() => true), sleep(drainMs, settled.signal).then(() => false)]);
  settled.abort();
  if (drained) return;
  server.closeAllConnections();
  upgrades.terminate();
  await closed;
}
