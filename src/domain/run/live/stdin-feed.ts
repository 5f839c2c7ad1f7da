import { deadlineSignal, orAborted } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { Once } from "../../../base/once.ts";

/** What waits for the program to read it. */
const CAPACITY_BYTES = 256 * 1024;
/** A program that does not read makes a piece of input wait so long; then it is answered how far it came. */
const PATIENCE_MS = 10_000;

export type Input = {
  /** Place of its first byte in all that is sent; undefined: behind what was taken so far. */
  readonly offset: number | undefined;
  readonly data: Uint8Array;
  /** True: nothing follows. */
  readonly close: boolean;
  readonly signal: AbortSignal | undefined;
};

export type Taken = { readonly nextOffset: number; readonly closed: boolean };

/** The stdin of one run, sent in pieces by whoever may, in order and each byte once. */
export class StdinFeed implements AsyncIterable<Uint8Array> {
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #taken = 0;
  #closed = false;
  #abandoned = false;
  #turn: Promise<unknown> = Promise.resolve();
  #changing = Promise.withResolvers<void>();
  #change = new Once(this.#changing.promise);

  /** Takes what has room, waiting for some; what is sent twice is taken once. CONFLICT behind a gap, or after the end. */
  accept(input: Input): Promise<Taken> {
    const taken = this.#turn.then(() => this.#accept(input));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const next = this.#queue.shift();
        if (next === undefined && this.#closed) return;
        if (next === undefined) {
          await this.#change.promise;
          continue;
        }
        this.#queuedBytes -= next.length;
        this.#changed();
        yield next;
      }
    } finally {
      this.abandon();
    }
  }

  /** Nobody reads any more: what is sent from now on is taken into nothing. */
  abandon(): void {
    this.#abandoned = true;
    this.#queue.length = 0;
    this.#changed();
  }

  async #accept({ offset = this.#taken, data, close, signal }: Input): Promise<Taken> {
    if (offset > this.#taken) {
      throw new MoorageError(
        "CONFLICT",
        `offset: expected at most ${this.#taken}, what was taken so far (got ${offset}).`,
        {
          hint: `Send the bytes from ${this.#taken} on first.`,
          details: { nextOffset: this.#taken },
        },
      );
    }
    const fresh = data.subarray(this.#taken - offset);
    if (this.#closed && fresh.length > 0) {
      throw new MoorageError(
        "CONFLICT",
        `The input was closed after ${this.#taken} bytes; ${fresh.length} more came.`,
        {
          hint: "Start another run for more input.",
        },
      );
    }
    const rest = await this.#enqueue(fresh, signal);
    if (close && rest === 0) this.#closed = true;
    this.#changed();
    return { nextOffset: this.#taken, closed: this.#closed || this.#abandoned };
  }

  /** How many bytes had no room in time. */
  async #enqueue(data: Uint8Array, signal: AbortSignal | undefined): Promise<number> {
    const impatient = deadlineSignal(PATIENCE_MS, signal);
    let at = 0;
    while (at < data.length && !impatient.aborted) {
      const room = this.#abandoned ? data.length : CAPACITY_BYTES - this.#queuedBytes;
      if (room > 0) {
        const piece = data.subarray(at, at + room);
        at += piece.length;
        this.#take(piece);
      } else await orAborted(this.#change, impatient);
    }
    return data.length - at;
  }

  #take(piece: Uint8Array): void {
    this.#taken += piece.length;
    if (this.#abandoned) return;
    this.#queue.push(Uint8Array.from(piece));
    this.#queuedBytes += piece.length;
    this.#changed();
  }

  #changed(): void {
    this.#changing.resolve();
    this.#changing = Promise.withResolvers();
    this.#change = new Once(this.#changing.promise);
  }
}
