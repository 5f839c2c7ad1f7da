import type { IncomingMessage, ServerResponse } from "node:http";
import type { Hono } from "hono";
import type { Platform } from "../contracts/platform.ts";
import type { RequestRecord } from "./request-record.ts";
import type { StillAdmitted } from "./still-admitted.ts";
import type { Upgrade } from "./terminal/upgrade.ts";

export type ApiEnv = {
  Variables: {
    record: RequestRecord;
    /** As who sends the request may use it; there on the routes below /v1. */
    platform: Platform;
    /** For answers that go on; there where the platform is. */
    stillAdmitted: StillAdmitted;
    /** The origin of another site, whose page sends the request and may read the answer. */
    openedTo?: string | undefined;
  };
  /** Node's response and request, where the app is served by Node; absent in process. */
  Bindings: {
    readonly outgoing?: ServerResponse;
    readonly incoming?: IncomingMessage;
    /** Of a request that wants to become a WebSocket. */
    readonly upgrade?: Upgrade;
  };
};

export type Api = Hono<ApiEnv>;
