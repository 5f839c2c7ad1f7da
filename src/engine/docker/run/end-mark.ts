import { randomBytes } from "node:crypto";

const NEWLINE = 10;
const SECRET_BYTES = 16;
/** A code and what stands for one are short; what goes on after the words is none. */
const MAX_REST_BYTES = 16;

/** What only a run's keeper is told, so that no program can say that its run has ended. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString("hex");
}

/** What ends the output of a run, in both streams, before its code and a newline. */
export function endMark(secret: string): string {
  return `moorage end ${secret} `;
}

/**
 * Finds the mark that ends a run's output in a stream of bytes: the mark's words, then what it tells, then a newline.
 * What may be its beginning is held back until more has come.
 */
export class EndMark {
  readonly #words: Buffer;
  #held: Buffer = Buffer.alloc(0);
  #told: string | undefined;

  constructor(words: string) {
    this.#words = Buffer.from(words);
  }

  /** What stands behind the words, once they have come. */
  get told(): string | undefined {
    return this.#told;
  }

  /** What of the bytes, and of those held back, is the program's. */
  pass(bytes: Uint8Array): Uint8Array {
    if (this.#told !== undefined) return bytes.subarray(0, 0);
    const seen = this.#held.length === 0 ? view(bytes) : Buffer.concat([this.#held, bytes]);
    const at = seen.indexOf(this.#words);
    if (at < 0) return this.#hold(seen, seen.length - this.#beginning(seen));
    const end = seen.indexOf(NEWLINE, at);
    if (end < 0 && seen.length - at < this.#words.length + MAX_REST_BYTES) return this.#hold(seen, at);
    this.#held = Buffer.alloc(0);
    this.#told = seen.subarray(at + this.#words.length, Math.max(at, end)).toString();
    return seen.subarray(0, at);
  }

  /** What was held back of a stream that has ended without a mark. */
  rest(): Uint8Array {
    return this.#hold(this.#held, this.#held.length);
  }

  #hold(seen: Buffer, from: number): Uint8Array {
    // A copy, as what is held would keep all that came with it.
    this.#held = Buffer.from(seen.subarray(from));
    return seen.subarray(0, from);
  }

  /** How many of the last bytes may be the beginning of the words. */
  #beginning(seen: Buffer): number {
    const words = this.#words;
    let from = Math.max(0, seen.length - words.length + 1);
    for (;;) {
      from = seen.indexOf(words.subarray(0, 1), from);
      if (from < 0) return 0;
      if (seen.subarray(from).equals(words.subarray(0, seen.length - from))) return seen.length - from;
      from += 1;
    }
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
