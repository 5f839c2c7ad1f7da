import type { Context, Handler, MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.ts";

const HEADERS = "authorization, content-type, idempotency-key, last-event-id, range, x-moorage-owner, x-request-id";
const EXPOSED = "content-range, etag, idempotency-replayed, retry-after, x-request-id";
const MAX_AGE_S = 600;

/** Lets a page of an allowed origin read the answer; without cookies, which it cannot send. */
export function openTo(origin: string, { headers }: Response): void {
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
}

/** So that no cache gives the answer to one page to another. */
export const varyByOrigin: MiddlewareHandler<ApiEnv> = async (context, next) => {
  await next();
  context.res.headers.append("vary", "Origin");
};

/** What a browser asks before it sends what a form could not: by then no key is shown. */
export function preflight(methods: readonly string[]): Handler<ApiEnv> {
  return async (context, next) => {
    if (!isPreflight(context)) return next();
    const headers = {
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": HEADERS,
      "access-control-max-age": String(MAX_AGE_S),
    };
    return new Response(null, { status: 204, headers });
  };
}

function isPreflight({ req, var: { openedTo } }: Context<ApiEnv>): boolean {
  return openedTo !== undefined && req.header("access-control-request-method") !== undefined;
}
