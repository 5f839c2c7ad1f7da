import type { EventRow } from "../../store/store.ts";

/** So many wait for a reader; what comes beyond is only counted. */
const MOST_WAITING = 1000;

/** Events up to `sequence` that the reader does not get. */
export type Missed = { readonly missed: number; readonly sequence: number };

type End = { readonly error?: Error };

/** What one listener is to be told of. Whoever writes never waits for it, and it holds no more than so much. */
export class EventFeed {
  /** What has happened up to here is not told. */
  readonly from: number;
  readonly #wants: (row: EventRow) => boolean;
  readonly #waiting: EventRow[] = [];
  #missed: Missed | undefined;
  #end: End | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(from: number, wants: (row: EventRow) => boolean) {
    this.from = from;
    this.#wants = wants;
  }

  offer(row: EventRow): void {
    if (this.#end !== undefined || !this.#wants(row)) return;
    // Once something is missed, so is what follows, until the reader has been told of it.
    if (this.#missed === undefined && this.#waiting.length < MOST_WAITING) this.#waiting.push(row);
    else this.#missed = { missed: (this.#missed?.missed ?? 0) + 1, sequence: row.sequence };
    this.#changed.resolve();
  }

  /** Nothing more comes: the reader gets what waits, or the error instead. */
  end(error?: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    if (error !== undefined) this.#waiting.length = 0;
    this.#changed.resolve();
  }

  async *read(): AsyncGenerator<EventRow | Missed, void, undefined> {
    for (;;) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      const row = this.#waiting.shift();
      if (row !== undefined) {
        yield row;
        continue;
      }
      const missed = this.#missed;
      this.#missed = undefined;
      if (missed !== undefined) {
        yield missed;
        continue;
      }
      if (this.#end !== undefined) return;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }
}
