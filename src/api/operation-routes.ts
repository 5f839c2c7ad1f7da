import type { Context } from "hono";
import { methodOf, type StreamMethod, type UnaryMethod } from "../contracts/method.ts";
import { listOperations, type NamedOperation } from "../contracts/platform.ts";
import { errorBody, NDJSON, streamAnswer } from "./answers.ts";
import type { Api, ApiEnv } from "./api-env.ts";
import { createInputReader } from "./read-input.ts";
import { streamBody } from "./stream-body.ts";

/** `/v1/sandboxes/{id}` as Hono writes it. */
export function honoPath(pattern: string): string {
  return pattern.replaceAll(/\{(\w+)\}/g, ":$1");
}

export function addOperationRoutes(app: Api): void {
  for (const named of listOperations()) {
    const { method, path } = named.operation.http;
    app.on(method.toUpperCase(), honoPath(path), operationHandler(named));
  }
}

function operationHandler(named: NamedOperation) {
  const readInput = createInputReader(named.operation);
  return async (context: Context<ApiEnv>): Promise<Response> => {
    const request = context.req.raw;
    context.var.record.route = named.operation.http.path;
    const method = methodOf(context.var.platform, named);
    const unary: UnaryMethod = method;
    const stream: StreamMethod = method;
    const input = await readInput(request, context.req.param());
    if (named.operation.kind === "unary") return Response.json(await unary(input, { signal: request.signal }));
    const abort = new AbortController();
    request.signal.addEventListener("abort", () => abort.abort(request.signal.reason), { once: true });
    return eventAnswer(context, stream(input, { signal: abort.signal }), abort);
  };
}

async function eventAnswer(
  context: Context<ApiEnv>,
  events: AsyncIterable<unknown>,
  abort: AbortController,
): Promise<Response> {
  const { record } = context.var;
  const line = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`);
  const body = await streamBody({
    items: events,
    encode: line,
    idle: Buffer.from("\n"),
    fail: (error, controller) => {
      controller.enqueue(line({ type: "error", ...errorBody(record, error) }));
      controller.close();
    },
    abort,
    record,
  });
  return streamAnswer(body, NDJSON);
}
