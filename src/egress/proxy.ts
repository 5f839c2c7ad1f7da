import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { MoorageError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { forwardRequest } from "./forward.ts";
import { createGate, type Rules } from "./gate.ts";
import type { Reach } from "./reach.ts";
import { openTunnel } from "./tunnel.ts";

const MAX_CONNECTIONS = 256;
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_MS = 15_000;
const KEEP_ALIVE_MS = 5_000;
/** How soon a change of the rules, by whichever process, reaches connections that are open. */
const RECHECK_MS = 2_000;

/** Where one unit's traffic arrives, and from where alone it does. */
export type Entrance = {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** True for the unit's own addresses. The host, where others may be at work, is not the unit. */
  readonly isUnit: (address: string) => boolean;
};

export type Proxy = AsyncDisposable & { readonly port: number; readonly recheck: () => Promise<void> };

type Options = { readonly entrance: Entrance; readonly rules: Rules; readonly reach: Reach; readonly logger: Logger };

/** An HTTP proxy for one unit. Several processes may listen at one entrance; each connection goes to one of them. */
export async function openProxy({ entrance, rules, reach, logger }: Options): Promise<Proxy> {
  const gate = createGate(rules, reach);
  const sockets = new Set<Socket>();
  const failed = (error: unknown): void => logger.warn({ err: error }, "a request through the egress proxy failed");
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: HEAD_MS,
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on("connection", (socket) => {
    if (!entrance.isUnit(socket.remoteAddress ?? "")) return void socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("connect", (request, client, head) => {
    openTunnel(gate, { request, client, head }).catch((error: unknown) => {
      client.destroy();
      failed(error);
    });
  });
  server.on("request", (request, response) => {
    forwardRequest(gate, request, response).catch((error: unknown) => {
      response.destroy();
      failed(error);
    });
  });
  await listen(server, entrance);
  const timer = setInterval(() => void gate.recheck().catch(failed), RECHECK_MS);
  return {
    port: (server.address() as AddressInfo).port,
    recheck: gate.recheck,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, { host, port }: Entrance): Promise<void> {
  const listening = once(server, "listening");
  server.listen({ host, port, reusePort: process.platform === "linux" });
  try {
    await listening;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MoorageError("ENGINE_FAILED", `The egress proxy cannot listen at ${host}:${port}: ${reason}.`, {
      hint: "See with `ss -ltnp` what listens there, and create the sandbox anew.",
      cause,
    });
  }
}
