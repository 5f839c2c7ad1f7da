import { after, LONGEST_TIMER_MS } from "./after.ts";
import { MoorageError, type ErrorOptions } from "./errors.ts";
import type { Once } from "./once.ts";

/** A signal that aborts after `ms`, at most 24 days, or as soon as one of the others does. */
export function deadlineSignal(ms: number, ...others: (AbortSignal | undefined)[]): AbortSignal {
  const given = others.filter((signal) => signal !== undefined);
  return AbortSignal.any([AbortSignal.timeout(Math.min(ms, LONGEST_TIMER_MS)), ...given]);
}

/** Resolves after `ms`; earlier when the signal aborts. Never rejects, so it suits loops that look at the signal. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const cancel = after(ms, end);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Resolves when it has happened, or when the signal aborts. */
export async function orAborted(happening: Once<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return happening.promise;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) resolve();
  try {
    await happening.or(aborted);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Throws CANCELED when the caller's signal has aborted. */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw canceled(signal.reason);
}

export function canceled(cause?: unknown): MoorageError {
  return new MoorageError("CANCELED", "The operation was canceled by its caller.", { cause });
}

/** The work's result, or ENGINE_TIMEOUT after `ms`: for waits on something that takes no signal. */
export async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const cancel = after(ms, () => {
    const options: ErrorOptions = { details: { timeoutMs: ms } };
    reject(new MoorageError("ENGINE_TIMEOUT", `${what} did not finish within ${ms} ms.`, options));
  });
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
  }
}
