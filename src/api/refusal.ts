import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { toWireError, type MoorageError } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";

/** What is answered to what does not get as far as the routes. */
export type Refusal = { readonly status: `${number} ${string}`; readonly error: MoorageError };

/** A refused client may read its answer for so long. */
const LINGER_MS = 1000;

/** Those that have their answer: what else is wrong with what they send is not told. */
const refused = new WeakSet<Duplex>();

function written({ status, error }: Refusal, logger: Logger) {
  const requestId = newId();
  logger.info({ requestId, status, code: error.code, err: error }, "a malformed request was refused");
  const body = JSON.stringify({ error: toWireError(error, requestId) });
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "x-request-id": requestId,
    connection: "close",
  };
  return { body, headers };
}

/** Answers where Node has made no request of what came, and lets the connection go. */
export function refuseOnSocket(socket: Duplex, refusal: Refusal, logger: Logger): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  const { body, headers } = written(refusal, logger);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${[refusal.status, ...lines].join("\r\n")}\r\n\r\n${body}`);
  // What is still coming is not waited for; closed at once, the answer could be lost with it.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** Answers a request that is not to reach the routes, and lets its connection go. */
export function refuseRequest(response: ServerResponse, refusal: Refusal, logger: Logger): void {
  refused.add(response.req.socket);
  const { body, headers } = written(refusal, logger);
  response.writeHead(Number.parseInt(refusal.status, 10), headers);
  response.end(body);
}
