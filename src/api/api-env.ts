import type { ServerResponse } from "node:http";
import type { Hono } from "hono";
import type { RequestRecord } from "./request-record.ts";

export type ApiEnv = {
  Variables: { record: RequestRecord };
  /** Node's response, where the app is served by Node; absent in process. */
  Bindings: { readonly outgoing?: ServerResponse };
};

export type Api = Hono<ApiEnv>;
