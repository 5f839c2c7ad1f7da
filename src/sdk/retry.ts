import { canceled, sleep } from "../base/deadline.ts";
import { isMoorageError, type MoorageError } from "../base/errors.ts";

/** How often and for how long a call is repeated. */
export type RetryPolicy = {
  /** Times that a call is repeated after the first one. */
  readonly retries: number;
  /** From the first request on, the time in which another one may still begin. */
  readonly retryForMs: number;
};

export const DEFAULT_RETRIES: RetryPolicy = { retries: 3, retryForMs: 15_000 };

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
const TOO_MANY_REQUESTS = 429;

type Repeated = RetryPolicy & {
  readonly method: string;
  readonly keyed?: boolean;
  readonly signal: AbortSignal | undefined;
};

/** Does the step again while its error may pass by itself, and only where doing it twice is like doing it once. */
export async function repeated<T>(call: Repeated, step: () => Promise<T>): Promise<T> {
  const { retries, retryForMs, signal } = call;
  const began = performance.now();
  for (let failures = 0; ;) {
    try {
      return await step();
    } catch (error) {
      failures += 1;
      if (failures > retries || !isSafe(call) || !isMoorageError(error) || !mayPass(error)) throw error;
      const wait = waitMs(error, failures);
      if (performance.now() - began + wait > retryForMs) throw error;
      await sleep(wait, signal);
      if (signal?.aborted) throw canceled(error);
    }
  }
}

// By its key the server tells it from another one.
function isSafe({ method, keyed = false }: Repeated): boolean {
  return method === "GET" || method === "DELETE" || keyed;
}

function mayPass({ row, details }: MoorageError): boolean {
  const { status } = details;
  // What stands at the address refuses, and is no server of ours.
  if (typeof status === "number" && status < 500 && status !== TOO_MANY_REQUESTS) return false;
  return row.retry;
}

// Many clients that failed together do not come back together.
function waitMs({ details }: MoorageError, failures: number): number {
  const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
  const { retryAfterMs } = details;
  return typeof retryAfterMs === "number" ? Math.max(retryAfterMs, backoff) : backoff;
}

/** The milliseconds of a `retry-after` header, which counts seconds or names a date. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
