import type { Context } from "hono";
import { methodOf, type StreamMethod, type UnaryMethod } from "../contracts/method.ts";
import { listOperations, type NamedOperation } from "../contracts/platform.ts";
import { errorBody, streamAnswer } from "./answers.ts";
import type { Api, ApiEnv } from "./api-env.ts";
import { createInputReader } from "./read-input.ts";
import { streamBody } from "./stream-body.ts";
import { formOf, resumed, type StreamForm } from "./stream-form.ts";

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
    const idempotencyKey = request.headers.get("idempotency-key");
    const keyed = idempotencyKey === null ? {} : { idempotencyKey };
    if (named.operation.kind === "unary") {
      let headers: Record<string, string> = {};
      const onReplayed = (): void => {
        headers = { "idempotency-replayed": "true" };
      };
      const answer = await unary(input, { signal: request.signal, ...keyed, onReplayed });
      return Response.json(answer, { headers });
    }
    const abort = new AbortController();
    request.signal.addEventListener("abort", () => abort.abort(request.signal.reason), { once: true });
    const events = stream(resumed(request, named.operation, input), {
      signal: abort.signal,
      ...keyed,
    }) as AsyncIterable<object>;
    return eventAnswer(context, { events, abort, form: formOf(request, named.operation) });
  };
}

type Answering = {
  readonly events: AsyncIterable<object>;
  readonly abort: AbortController;
  readonly form: StreamForm;
};

async function eventAnswer(context: Context<ApiEnv>, { events, abort, form }: Answering): Promise<Response> {
  const { record, stillAdmitted } = context.var;
  const body = await streamBody({
    items: events,
    encode: form.encode,
    idle: form.idle,
    fail: (error, controller) => {
      controller.enqueue(form.encode({ type: "error", ...errorBody(record, error) }));
      controller.close();
    },
    abort,
    record,
    stillAdmitted,
  });
  return streamAnswer(body, form.contentType);
}
