import { systemClock } from "../base/clock.ts";
import { asMoorageError, type MoorageError } from "../base/errors.ts";
import { newId } from "../base/ids.ts";
import type { Logger } from "../base/logger.ts";
import type { RequestMetrics } from "./metrics/request-metrics.ts";

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** One request's log event, written once, when its answer has ended. Holds no bodies, queries or header values. */
export type RequestRecord = {
  readonly requestId: string;
  /** The pattern of the route, such as `/v1/sandboxes/{id}`. */
  route: string;
  status: number;
  error: MoorageError | undefined;
  /** True when a stream goes on after the handler has returned; whoever set it calls `write` at its end. */
  streaming: boolean;
  readonly fail: (error: unknown) => MoorageError;
  readonly write: () => void;
};

export function createRequestRecord(request: Request, logger: Logger, metrics?: RequestMetrics): RequestRecord {
  const given = request.headers.get("x-request-id") ?? "";
  const startedAt = systemClock.monotonic();
  let written = false;
  const record: RequestRecord = {
    requestId: REQUEST_ID.test(given) ? given : newId(),
    route: "none",
    status: 0,
    error: undefined,
    streaming: false,
    fail: (error) => (record.error ??= asMoorageError(error)),
    write: () => {
      if (written) return;
      written = true;
      const { route, status, error, streaming: streamed } = record;
      const { method } = request;
      const durationMs = systemClock.monotonic() - startedAt;
      metrics?.ended({ route, method, status, durationMs, code: error?.code, streamed });
      writeRecord(record, { logger, method, durationMs });
    },
  };
  return record;
}

type Circumstances = { readonly logger: Logger; readonly method: string; readonly durationMs: number };

function writeRecord(record: RequestRecord, { logger, method, durationMs }: Circumstances): void {
  const { requestId, route, status, error } = record;
  const fields = { requestId, method, route, status, durationMs: Math.round(durationMs * 10) / 10 };
  if (error === undefined) return logger.info(fields, "request");
  const failed = { ...fields, code: error.code };
  if (error.row.fault === "caller") return logger.info(failed, "request");
  logger.error({ ...failed, err: error }, "request");
}
