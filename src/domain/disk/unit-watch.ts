import type { Clock } from "../../base/clock.ts";
import { Once } from "../../base/once.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { RunLife } from "../run/live/run-life.ts";

/** Of one that takes too much already: room for what its programs write by the way while files are removed. */
export const SLACK_BYTES = 16 * 1024 * 1024;
/** The looks at all units together take at most this part of the time. */
const SHARE = 0.2;

/** What a unit takes on disk. */
export type WatchedUnit = {
  readonly id: string;
  readonly kind: "job" | "sandbox";
  readonly limitBytes: number;
  /** Bytes. Null where nothing can be told, now or here; never rejects. */
  readonly count: () => Promise<number | null>;
};

/** Milliseconds. */
export type DiskPace = {
  /** From the begin of a run to the first look. */
  readonly firstMs: number;
  /** Between two looks where nothing grows; the faster it grows, the sooner the next one. */
  readonly restMs: number;
  readonly leastMs: number;
};

type WatchParts = {
  readonly unit: WatchedUnit;
  readonly pace: DiskPace;
  readonly clock: Clock;
  /** Of a unit that takes too much: what it may not exceed from now on; null once it keeps its limit. */
  readonly mark: (bytes: number | null) => Promise<void>;
  readonly onDone: () => void;
  /** How many units are looked after, this one among them. */
  readonly watched: () => number;
};

type Look = { readonly at: number; readonly bytes: number };

/**
 * Looks at what a unit takes on disk while runs of it go on, one look at a time, and ends its runs when that is too much.
 * A look that is due comes also when the runs have ended by then, so that many short ones are not passed over.
 */
export class UnitWatch {
  readonly #parts: WatchParts;
  readonly #lives = new Set<RunLife>();
  /** What it may take beside a little, where it took too much already. */
  #over: number | null = null;
  #before: Look | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #waited = false;
  #closed = false;
  #ending: Ending | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** While runs are being ended for the disk: settles when they are gone, and what they left is known. */
  get ending(): Once<void> | undefined {
    return this.#ending?.once;
  }

  join(life: RunLife, over: number | null): void {
    this.#over = over;
    this.#lives.add(life);
    const { firstMs, leastMs } = this.#parts.pace;
    this.#lookIn(over === null ? firstMs : leastMs);
  }

  /** The run has ended. */
  async leave(life: RunLife): Promise<void> {
    this.#lives.delete(life);
    if (this.#lives.size > 0) return;
    if (this.#ending !== undefined) await this.#settle(this.#ending);
    else if (this.#parts.unit.kind === "job") this.close();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#parts.onDone();
  }

  #lookIn(ms: number): void {
    if (this.#timer !== undefined || this.#looking || this.#closed) return;
    this.#timer = setTimeout(() => void this.#look(), ms).unref();
  }

  async #look(): Promise<void> {
    const { unit, clock, pace, watched } = this.#parts;
    this.#timer = undefined;
    if (this.#lives.size === 0 && !this.#waited) {
      // Short runs one after another are looked after together.
      this.#waited = true;
      return this.#lookIn(pace.restMs);
    }
    this.#looking = true;
    const begin = clock.monotonic();
    const bytes = await unit.count();
    const now = clock.monotonic();
    this.#looking = false;
    if (this.#closed) return;
    if (bytes !== null && bytes > this.#allowed) await this.#exceeded(bytes);
    if (this.#lives.size === 0 && this.#ending === undefined) return this.close();
    const pause = bytes === null ? pace.restMs : this.#pause({ at: now, bytes });
    this.#lookIn(Math.max(pause, ((now - begin) * watched()) / SHARE));
  }

  get #allowed(): number {
    return this.#over === null ? this.#parts.unit.limitBytes : this.#over + SLACK_BYTES;
  }

  /** Half of the time that is left at the speed that was seen. */
  #pause(look: Look): number {
    const { firstMs, restMs, leastMs } = this.#parts.pace;
    const before = this.#before;
    this.#before = look;
    if (before === undefined) return firstMs;
    const grown = look.bytes - before.bytes;
    if (grown <= 0) return restMs;
    const left = ((this.#allowed - look.bytes) * (look.at - before.at)) / grown;
    return Math.min(restMs, Math.max(leastMs, left / 2));
  }

  async #exceeded(bytes: number): Promise<void> {
    const { unit, mark } = this.#parts;
    if (this.#lives.size === 0) return this.#over === null ? mark(bytes) : undefined;
    this.#ending ??= newEnding();
    for (const life of this.#lives) life.kill(tooMuch(unit, bytes));
  }

  async #settle(ending: Ending): Promise<void> {
    const { unit, mark } = this.#parts;
    if (unit.kind === "sandbox") {
      const left = await unit.count();
      if (left !== null) await mark(left > unit.limitBytes ? Math.min(left, this.#over ?? left) : null);
    }
    this.#ending = undefined;
    // A run that came while it was counted is looked after.
    if (this.#lives.size > 0) this.#lookIn(this.#parts.pace.leastMs);
    else this.close();
    ending.resolve();
  }
}

type Ending = { readonly once: Once<void>; readonly resolve: () => void };

function newEnding(): Ending {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { once: new Once(promise), resolve };
}

/** For the record of a run that was ended for it. */
function tooMuch({ kind, limitBytes }: WatchedUnit, bytes: number): string {
  const used = `used ${formatBytes(bytes)} of disk where ${formatBytes(limitBytes)} may be`;
  if (kind === "job") return `It ${used}; --disk gives it more.`;
  return `Its sandbox ${used}; remove files, or make one with more by --disk.`;
}
