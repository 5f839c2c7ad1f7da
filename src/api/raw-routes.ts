import type { Context } from "hono";
import { MoorageError } from "../base/errors.ts";
import type { ArchiveInput } from "../contracts/raw.ts";
import { streamAnswer, TAR } from "./answers.ts";
import type { Api, ApiEnv } from "./api-env.ts";
import { honoPath } from "./operation-routes.ts";
import { streamBody } from "./stream-body.ts";
import { TransportError } from "./transport-error.ts";

/** The routes that carry bytes, and so are no rows of the table; the pattern is that of `RawOperations`. */
export const ARCHIVE_PATH = "/v1/sandboxes/{id}/archive";
export const CONTEXTS_PATH = "/v1/contexts";

export function addRawRoutes(app: Api): void {
  app.get(honoPath(ARCHIVE_PATH), (context) => download(context));
  app.put(honoPath(ARCHIVE_PATH), (context) => upload(context));
  app.put(CONTEXTS_PATH, (context) => stage(context));
}

async function download(context: Context<ApiEnv>): Promise<Response> {
  const { record, stillAdmitted } = context.var;
  record.route = ARCHIVE_PATH;
  const abort = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, abort.signal]);
  const body = await streamBody({
    items: context.var.platform.raw.download(archiveInput(context), { signal }),
    encode: (chunk) => chunk,
    fail: (error, controller) => breakOff(context, error, controller),
    abort,
    record,
    stillAdmitted,
  });
  return streamAnswer(body, TAR);
}

async function upload(context: Context<ApiEnv>): Promise<Response> {
  context.var.record.route = ARCHIVE_PATH;
  const { signal } = context.req.raw;
  await context.var.platform.raw.upload(archiveInput(context), tarBody(context), { signal });
  return new Response(null, { status: 204 });
}

async function stage(context: Context<ApiEnv>): Promise<Response> {
  context.var.record.route = CONTEXTS_PATH;
  const { signal } = context.req.raw;
  const dockerfile = context.req.query("dockerfile");
  const input = dockerfile === undefined ? {} : { dockerfile };
  return Response.json(await context.var.platform.raw.stage(input, tarBody(context), { signal }));
}

export function tarBody(context: Context<ApiEnv>): AsyncGenerator<Uint8Array> {
  const { body, headers } = context.req.raw;
  const contentType = headers.get("content-type");
  if (contentType !== TAR) {
    const message = `The body's content type: expected ${TAR}, got ${contentType ?? "none"}.`;
    throw new TransportError(415, message, { hint: `Send a tar archive with the header \`content-type: ${TAR}\`.` });
  }
  return chunksOf(body);
}

/** What ends early must not look complete, so the connection breaks. */
export function breakOff(
  context: Context<ApiEnv>,
  error: MoorageError,
  controller: ReadableStreamDefaultController<Uint8Array>,
): void {
  const outgoing = nodeResponse(context.env);
  if (outgoing === undefined) controller.error(error);
  else outgoing.destroy();
}

/** Undefined in process, where no environment is given. */
function nodeResponse(environment: ApiEnv["Bindings"] | undefined) {
  return environment?.outgoing;
}

export function archiveInput(context: Context<ApiEnv>): ArchiveInput {
  const id = context.req.param("id");
  const path = context.req.query("path");
  if (id === undefined || path === undefined) {
    throw new MoorageError("INVALID_INPUT", "path: expected a path in the query, got none.", {
      hint: "Add `?path=` with a path relative to the workspace.",
    });
  }
  return { id, path };
}

export async function* chunksOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body !== null) yield* body;
}
