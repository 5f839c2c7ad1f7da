/** Reads a stream of chunks in the portions that a format asks for. */
export class ByteReader implements AsyncDisposable {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes together; fewer only at the end. `count` is small. */
  async take(count: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.pieces(count)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** The next bytes as they come; fewer only at the end. */
  async *pieces(count: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let missing = count; missing > 0;) {
      if (this.#left.length === 0 && !(await this.#more())) return;
      const part = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(part.length);
      missing -= part.length;
      yield part;
    }
  }

  /** Passes over the rest; answers how many bytes it had. */
  async drain(): Promise<void> {
    this.#left = new Uint8Array();
    while (await this.#more()) this.#left = new Uint8Array();
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#left = next.value;
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }
}
