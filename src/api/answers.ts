import { toWireError, type MoorageError } from "../base/errors.ts";
import type { RequestRecord } from "./request-record.ts";
import { TransportError } from "./transport-error.ts";

export const NDJSON = "application/x-ndjson";
export const EVENT_STREAM = "text/event-stream";
export const TAR = "application/x-tar";

/** The body of every failed request, and of the last line of a stream that failed. */
export function errorBody(record: RequestRecord, error: MoorageError) {
  return { error: toWireError(error, record.requestId) };
}

export function errorAnswer(record: RequestRecord, thrown: unknown): Response {
  const error = record.fail(thrown);
  const status = error instanceof TransportError ? error.status : error.row.status;
  const { retryAfterMs } = error.details;
  const headers: Record<string, string> = {
    ...(error.code === "UNAUTHENTICATED" ? { "www-authenticate": "Bearer" } : {}),
    ...(typeof retryAfterMs === "number" ? { "retry-after": String(Math.ceil(retryAfterMs / 1000)) } : {}),
  };
  return Response.json(errorBody(record, error), { status, headers });
}

export function streamAnswer(body: ReadableStream<Uint8Array>, contentType: string): Response {
  // Named here, it is known at once that the answer is a stream; else a millisecond is waited for a whole one.
  const headers = { "content-type": contentType, "cache-control": "no-store", "transfer-encoding": "chunked" };
  return new Response(body, { headers });
}
