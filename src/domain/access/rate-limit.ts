import type { Clock } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";

const MINUTE_MS = 60_000;
/** Whom nobody has heard of for the longest begins anew. */
const MOST_BUCKETS = 10_000;

type Bucket = { tokens: number; atMs: number };

/** How often something may happen in a minute, for each name; a minute's worth may come at once. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts once; undefined where it may be, else the milliseconds until it may. */
  take(name: string, perMinute: number): number | undefined {
    const bucket = this.#filled(name, perMinute);
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return waitMs(bucket, perMinute);
    bucket.tokens -= 1;
    return undefined;
  }

  #filled(name: string, perMinute: number): Bucket {
    const now = this.#clock.monotonic();
    const known = this.#buckets.get(name);
    if (known === undefined) return { tokens: perMinute, atMs: now };
    const gained = ((now - known.atMs) * perMinute) / MINUTE_MS;
    return { tokens: Math.min(perMinute, known.tokens + gained), atMs: now };
  }
}

function waitMs({ tokens }: Bucket, perMinute: number): number {
  return Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute);
}

export function rateLimited(message: string, retryAfterMs: number): MoorageError {
  return new MoorageError("RATE_LIMITED", message, { details: { retryAfterMs } });
}
