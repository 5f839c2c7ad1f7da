import type { Server } from "node:http";
import { MoorageError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { refuseOnSocket, type Refusal } from "./refusal.ts";

/** Of a request's line and headers together: the longest path of a file, percent-encoded, and what is around it. */
export const MAX_HEAD_BYTES = 64 * 1024;

/** What is no HTTP, a head that is too long, and what does not come in time gets an error of our form before it goes. */
export function refuseMalformed(server: Server, logger: Logger): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    refuseOnSocket(socket, refusalOf(error), logger);
  });
}

function refusalOf(error: NodeJS.ErrnoException): Refusal {
  if (error.code === "HPE_HEADER_OVERFLOW") return headTooLong();
  return error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? tooSlow("The request did not come in time.") : noHttp(error);
}

export function tooSlow(message: string): Refusal {
  const hint = "Send the request again, all at once, over a connection that is fast enough.";
  return { status: "408 Request Timeout", error: new MoorageError("INVALID_INPUT", message, { hint }) };
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
  const hint = "Use an HTTP client; what it sends has to have one length, by content-length or in chunks.";
  return { status: "400 Bad Request", error: new MoorageError("INVALID_INPUT", message, { hint, cause }) };
}
