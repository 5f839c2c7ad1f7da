import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { sleep } from "../base/deadline.ts";
import type { Logger } from "../base/logger.ts";
import type { Api } from "./api-env.ts";
import { refuseOnSocket, refuseRequest } from "./refusal.ts";
import { MAX_HEAD_BYTES, refuseMalformed, tooSlow } from "./refuse-malformed.ts";
import { refusedHead } from "./request-head.ts";
import { watchBody } from "./slow-body.ts";
import { acceptUpgrades, wantsWebSocket, type Upgrades } from "./terminal/upgrades.ts";

/** A stop waits so long for open requests, then breaks them. */
const DRAIN_MS = 10_000;
/** Uploads may take this long. */
const REQUEST_MS = 3_600_000;
const LOOK_MS = 5_000;
/** Of a request that names none, as HTTP/1.0 allows. */
const NO_HOST = "moorage.localhost";

/** What one server bears of its clients. */
export type HttpLimits = {
  /** A head has to have come by then, or its connection goes. @default 15000 */
  readonly headMs: number;
  /** In this time a body that is waited for has to get on by a kilobyte. @default 30000 */
  readonly bodyMs: number;
  /** Open at a time; more are closed as they come. @default 2000 */
  readonly connections: number;
  /** Of one connection, which is then closed. @default 10000 */
  readonly requestsPerConnection: number;
};

const LIMITS: HttpLimits = { headMs: 15_000, bodyMs: 30_000, connections: 2000, requestsPerConnection: 10_000 };

export type HttpServerParts = {
  readonly app: Api;
  readonly logger: Logger;
  /** @default 10000 */
  readonly drainMs?: number;
  readonly limits?: Partial<HttpLimits>;
};

/** Makes the server listen somewhere; what it answers gives the place back. */
type Listen<Place> = (server: Server) => Promise<AsyncDisposable & { readonly place: Place }>;

/** Serves the app where `listen` says, until it is disposed: then open requests are waited for, for a while. */
export async function serveHttp<Place>(
  { app, logger, drainMs = DRAIN_MS, limits = {} }: HttpServerParts,
  listen: Listen<Place>,
): Promise<AsyncDisposable & { readonly place: Place }> {
  const server = createHttpServer({ app, logger, limits: { ...LIMITS, ...limits } });
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

type Served = Pick<HttpServerParts, "app" | "logger"> & { readonly limits: HttpLimits };

function createHttpServer({ app, logger, limits }: Served): Server {
  const toRoutes = getRequestListener(app.fetch, { overrideGlobalObjects: false, hostname: NO_HOST });
  const { headMs, bodyMs, connections, requestsPerConnection } = limits;
  const options = {
    requestTimeout: REQUEST_MS,
    headersTimeout: headMs,
    connectionsCheckingInterval: Math.min(LOOK_MS, headMs),
    maxHeaderSize: MAX_HEAD_BYTES,
    // Refused with the rest of what is wrong with a head.
    requireHostHeader: false,
    shouldUpgradeCallback: wantsWebSocket,
  };
  const server = createServer(options, (incoming, response) => {
    const refusal = refusedHead(incoming);
    if (refusal !== undefined) return refuseRequest(response, refusal, logger);
    watchBody(incoming, bodyMs, () => breakSlow(incoming, response, logger));
    void toRoutes(incoming, response);
  });
  // Node passes over what is beyond its own maximum; ours refuses it.
  server.maxHeadersCount = 0;
  server.maxConnections = connections;
  server.maxRequestsPerSocket = requestsPerConnection;
  server.on("drop", () => logger.warn({ connections }, "a connection was closed: too many are open"));
  return server;
}

function breakSlow({ socket }: IncomingMessage, response: ServerResponse, logger: Logger): void {
  if (response.headersSent) return void socket.destroy();
  refuseOnSocket(socket, tooSlow("The request's body came too slowly, or not at all."), logger);
}

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
