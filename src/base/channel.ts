type Item<T> = { readonly value: T; readonly size: number };

/**
 * A queue between one writer and one reader with a cap: the writer waits while it is full. Once `release` was called
 * the writer never waits again, and what exceeds the cap twice over is dropped: the end of a run must not depend on a
 * reader that has stopped reading.
 */
export class Channel<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #onAbandon: () => void;
  readonly #items: Item<T>[] = [];
  #size = 0;
  #dropped = 0;
  #released = false;
  #end: { readonly error?: Error } | undefined;
  #readable = Promise.withResolvers<void>();
  #writable = Promise.withResolvers<void>();

  /** `onAbandon` is called when the reader leaves before the end. */
  constructor(capacity: number, onAbandon: () => void = () => undefined) {
    this.#capacity = capacity;
    this.#onAbandon = onAbandon;
  }

  /** Total size of the items that were dropped after `release`. */
  get dropped(): number {
    return this.#dropped;
  }

  async push(value: T, size = 0): Promise<void> {
    while (this.#size > this.#capacity && !this.#released) await this.#writable.promise;
    if (this.#end !== undefined) return;
    if (this.#size + size > this.#capacity * 2 && this.#released && size > 0) {
      this.#dropped += size;
      return;
    }
    this.#items.push({ value, size });
    this.#size += size;
    this.#readable.resolve();
  }

  /** From now on the writer does not wait. */
  release(): void {
    this.#released = true;
    this.#writable.resolve();
  }

  /** No more items; the reader gets the rest, then the error if there is one. */
  close(error?: Error): void {
    this.#end ??= error === undefined ? {} : { error };
    this.#readable.resolve();
    this.release();
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
    this.#writable.resolve();
    this.#writable = Promise.withResolvers();
    return item;
  }
}
