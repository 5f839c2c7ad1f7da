import { Once } from "./once.ts";

type Item<T> = { readonly value: T; readonly size: number };

/**
 * A queue between one writer and one reader with a cap: the writer waits while it is full. Once `release` was called it
 * takes up to twice the cap, and the writer waits no longer for a reader that takes nothing: the end of a run must not
 * depend on one that has stopped reading. What is not taken is told to the writer, who tells it to the reader.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #onAbandon: () => void;
  readonly #items: Item<T>[] = [];
  #size = 0;
  /** How long the writer waits for the reader to take something; ms. */
  #patienceMs = Infinity;
  /** True: it has waited so long, and the reader has taken nothing since. */
  #stalled = false;
  #end: { readonly error?: Error } | undefined;
  #readable = Promise.withResolvers<void>();
  #writable = Promise.withResolvers<void>();

  /** `onAbandon` is called when the reader leaves before the end. */
  constructor(capacity: number, onAbandon: () => void = () => undefined) {
    this.#capacity = capacity;
    this.#onAbandon = onAbandon;
  }

  /** False: it was not taken, since nobody reads. What has no size is always taken until the end. */
  async push(value: T, size = 0): Promise<boolean> {
    while (this.#isFullFor(size)) if (!(await this.#hasMoved())) return false;
    if (this.#end !== undefined) return false;
    this.#items.push({ value, size });
    this.#size += size;
    this.#readable.resolve();
    return true;
  }

  /** From now on the writer waits only while the reader takes something every `patienceMs`. */
  release(patienceMs = 0): void {
    this.#patienceMs = Math.min(this.#patienceMs, patienceMs);
    this.#moved();
  }

  /** No more items; the reader gets the rest, then the error if there is one. */
  close(error?: Error): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#readable.resolve();
    this.#moved();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let finished = false;
    try {
      for (;;) {
        const item = await this.#next();
        if (item === undefined) break;
        yield item.value;
      }
      finished = true;
    } finally {
      if (!finished && this.#end === undefined) {
        this.release();
        this.#onAbandon();
      }
    }
    if (this.#end?.error !== undefined) throw this.#end.error;
  }

  async #next(): Promise<Item<T> | undefined> {
    while (this.#items.length === 0) {
      if (this.#end !== undefined) return undefined;
      this.#readable = Promise.withResolvers();
      await this.#readable.promise;
    }
    const item = this.#items.shift();
    this.#size -= item?.size ?? 0;
    this.#stalled = false;
    this.#moved();
    return item;
  }

  #isFullFor(size: number): boolean {
    if (this.#end !== undefined) return false;
    if (this.#patienceMs === Infinity) return this.#size > this.#capacity;
    return size > 0 && this.#size + size > this.#capacity * 2;
  }

  /** False when the reader has taken nothing for as long as it is waited for. */
  async #hasMoved(): Promise<boolean> {
    const { promise } = this.#writable;
    if (this.#patienceMs === Infinity) await promise;
    else this.#stalled ||= this.#patienceMs === 0 || !(await new Once(promise).within(this.#patienceMs));
    return !this.#stalled;
  }

  #moved(): void {
    this.#writable.resolve();
    this.#writable = Promise.withResolvers();
  }
}
