/** What a record keeps of one output stream: its head and its tail, with the exact count of all bytes. */
export class OutputRecord {
  readonly #headCapacity: number;
  readonly #tailCapacity: number;
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #tail: Uint8Array[] = [];
  #tailBytes = 0;
  #total = 0;
  #hasMissed = false;

  /** `capacity`: bytes kept at most, half for the head and half for the tail. */
  constructor(capacity: number) {
    this.#headCapacity = Math.floor(capacity / 2);
    this.#tailCapacity = capacity - this.#headCapacity;
  }

  /** Bytes that were added, kept or not, and those that were missed. */
  get total(): number {
    return this.#total;
  }

  get truncated(): boolean {
    return this.#hasMissed || this.#total > this.#headCapacity + this.#tailCapacity;
  }

  add(chunk: Uint8Array): void {
    this.#total += chunk.length;
    const room = this.#hasMissed ? 0 : this.#headCapacity - this.#headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.#head.push(Uint8Array.from(first));
      this.#headBytes += first.length;
    }
    if (chunk.length > room) this.#addToTail(chunk.subarray(room));
  }

  /** Counts bytes that are not there: what comes behind them belongs to the tail. */
  miss(bytes: number): void {
    this.#total += bytes;
    this.#hasMissed = true;
    this.#tail = [];
    this.#tailBytes = 0;
  }

  /** Head and tail, with a line between them that says how much is missing. */
  bytes(): Uint8Array {
    if (this.#tailBytes > this.#tailCapacity) this.#trimTail();
    if (!this.truncated) return Buffer.concat([...this.#head, ...this.#tail]);
    const missing = this.#total - this.#headBytes - this.#tailBytes;
    return Buffer.concat([...this.#head, Buffer.from(`\n[... ${missing} bytes left out ...]\n`), ...this.#tail]);
  }

  #addToTail(chunk: Uint8Array): void {
    this.#tail.push(Uint8Array.from(chunk.subarray(-this.#tailCapacity)));
    this.#tailBytes += Math.min(chunk.length, this.#tailCapacity);
    // Compacted only when twice too long, so that many small chunks cost no quadratic copying.
    if (this.#tailBytes > this.#tailCapacity * 2 || this.#tail.length > 4096) this.#trimTail();
  }

  #trimTail(): void {
    const joined = Buffer.concat(this.#tail);
    const kept = joined.subarray(Math.max(0, joined.length - this.#tailCapacity));
    this.#tail = [Uint8Array.from(kept)];
    this.#tailBytes = kept.length;
  }
}
