import type { Context } from "hono";
import { MoorageError } from "../base/errors.ts";
import { streamAnswer, TAR } from "./answers.ts";
import type { Api, ApiEnv } from "./api-env.ts";
import { honoPath } from "./operation-routes.ts";
import { breakOff, tarBody } from "./raw-routes.ts";
import { streamBody } from "./stream-body.ts";

/** Whole images, as archives. */
export const IMAGE_ARCHIVE_PATH = "/v1/image/archive";

export function addImageArchiveRoutes(app: Api): void {
  app.get(honoPath(IMAGE_ARCHIVE_PATH), (context) => read(context));
  app.put(honoPath(IMAGE_ARCHIVE_PATH), (context) => write(context));
}

async function read(context: Context<ApiEnv>): Promise<Response> {
  const { record, stillAdmitted } = context.var;
  record.route = IMAGE_ARCHIVE_PATH;
  const reference = context.req.query("reference");
  if (reference === undefined) {
    throw new MoorageError("INVALID_INPUT", "reference: expected an image reference in the query, got none.", {
      hint: "Add `?reference=` with an image reference, such as agent-env:report-1.",
    });
  }
  const abort = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, abort.signal]);
  const body = await streamBody({
    items: context.var.platform.raw.exportImage({ reference }, { signal }),
    encode: (chunk) => chunk,
    fail: (error, controller) => breakOff(context, error, controller),
    abort,
    record,
    stillAdmitted,
  });
  return streamAnswer(body, TAR);
}

async function write(context: Context<ApiEnv>): Promise<Response> {
  context.var.record.route = IMAGE_ARCHIVE_PATH;
  const { signal } = context.req.raw;
  const tag = context.req.query("tag");
  const input = tag === undefined ? {} : { tag };
  return Response.json(await context.var.platform.raw.importImage(input, tarBody(context), { signal }));
}
