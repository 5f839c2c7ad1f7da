import type { Context } from "hono";
import { isMoorageError, MoorageError } from "../base/errors.ts";
import type { FilePart } from "../contracts/raw.ts";
import { errorAnswer } from "./answers.ts";
import type { Api, ApiEnv } from "./api-env.ts";
import { parseRange } from "./byte-range.ts";
import { honoPath } from "./operation-routes.ts";
import { archiveInput, breakOff, chunksOf } from "./raw-routes.ts";
import { streamBody } from "./stream-body.ts";
import { TransportError } from "./transport-error.ts";

/** The bytes of one file, of any size. */
export const CONTENT_PATH = "/v1/sandboxes/{id}/content";
export const OCTETS = "application/octet-stream";

export function addContentRoutes(app: Api): void {
  app.get(honoPath(CONTENT_PATH), (context) => read(context));
  app.put(honoPath(CONTENT_PATH), (context) => write(context));
}

async function read(context: Context<ApiEnv>): Promise<Response> {
  const { record, stillAdmitted } = context.var;
  record.route = CONTENT_PATH;
  const range = parseRange(context.req.header("range"));
  const abort = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, abort.signal]);
  try {
    const part = await context.var.platform.raw.read({ ...archiveInput(context), ...range }, { signal });
    // Of nothing there is no part.
    const partial = range !== undefined && part.length > 0;
    const headers = headersOf(part, partial);
    const status = partial ? 206 : 200;
    if (context.req.method === "HEAD") {
      await part[Symbol.asyncDispose]();
      return new Response(null, { status, headers });
    }
    const body = await streamBody({
      items: disposing(part),
      encode: (chunk) => chunk,
      fail: (error, controller) => breakOff(context, error, controller),
      abort,
      record,
      stillAdmitted,
    });
    return new Response(body, { status, headers });
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "RANGE_NOT_SATISFIABLE") throw error;
    const answer = errorAnswer(record, error);
    answer.headers.set("content-range", `bytes */${String(error.details["sizeBytes"])}`);
    return answer;
  }
}

function headersOf({ sizeBytes, offset, length }: FilePart, partial: boolean): Record<string, string> {
  return {
    "content-type": OCTETS,
    "content-length": String(length),
    "accept-ranges": "bytes",
    "cache-control": "no-store",
    // Whatever a program has written is shown to nobody as a page of ours.
    "content-disposition": "attachment",
    "x-content-type-options": "nosniff",
    ...(partial ? { "content-range": `bytes ${offset}-${offset + length - 1}/${sizeBytes}` } : {}),
  };
}

async function* disposing(part: FilePart): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* part.content;
  } finally {
    await part[Symbol.asyncDispose]();
  }
}

async function write(context: Context<ApiEnv>): Promise<Response> {
  context.var.record.route = CONTENT_PATH;
  const { signal, body, headers } = context.req.raw;
  const contentType = headers.get("content-type");
  if (contentType !== OCTETS) {
    const message = `The body's content type: expected ${OCTETS}, got ${contentType ?? "none"}.`;
    throw new TransportError(415, message, {
      hint: `Send the file's bytes with the header \`content-type: ${OCTETS}\`.`,
    });
  }
  if (headers.has("content-range")) {
    throw new MoorageError("INVALID_INPUT", "content-range: expected no part of a file, but all of it.");
  }
  const mode = context.req.query("mode");
  const input = { ...archiveInput(context), ...(mode === undefined ? {} : { mode }) };
  return Response.json(await context.var.platform.raw.write(input, chunksOf(body), { signal }));
}
