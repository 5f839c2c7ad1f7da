import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { MoorageError, toWireError } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";

/** Of a request's line and headers together: the longest path of a file, percent-encoded, and what is around it. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** What is no HTTP, and a head that is too long, gets an error of our form before the connection goes. */
export function refuseMalformed(server: Server, logger: Logger): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    answer(socket, error.code === "HPE_HEADER_OVERFLOW" ? headTooLong() : noHttp(error), logger);
  });
}

type Refusal = { readonly status: string; readonly error: MoorageError };

function answer(socket: Duplex, { status, error }: Refusal, logger: Logger): void {
  const requestId = newId();
  const body = JSON.stringify({ error: toWireError(error, requestId) });
  logger.info({ requestId, code: error.code, err: error }, "a malformed request was refused");
  const head = [
    `HTTP/1.1 ${status}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

function headTooLong(): Refusal {
  const message = `The request's path and headers: expected at most ${MAX_HEAD_BYTES} bytes, got more.`;
  const hint = "Shorten the values in the address; ids have 20 characters, paths at most 4096 bytes.";
  return {
    status: "431 Request Header Fields Too Large",
    error: new MoorageError("INVALID_INPUT", message, { hint, details: { maxBytes: MAX_HEAD_BYTES } }),
  };
}

function noHttp(cause: NodeJS.ErrnoException): Refusal {
  const message = `The request: expected HTTP/1.1, got something else (${cause.code ?? "unknown"}).`;
  return { status: "400 Bad Request", error: new MoorageError("INVALID_INPUT", message, { cause }) };
}
