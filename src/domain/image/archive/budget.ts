import { MoorageError } from "../../../base/errors.ts";

/** Bytes that may still come. */
export class Budget {
  readonly #maxBytes: number;
  readonly #what: string;
  #used = 0;

  constructor(maxBytes: number, what: string) {
    this.#maxBytes = maxBytes;
    this.#what = what;
  }

  /** LIMIT_EXCEEDED when there are not as many left. */
  take(bytes: number): void {
    this.#used += bytes;
    if (this.#used <= this.#maxBytes) return;
    throw new MoorageError("LIMIT_EXCEEDED", `${this.#what} has more than ${this.#maxBytes} bytes.`, {
      hint: "Make the image smaller; an administrator raises the bound by `images.maxImportBytes`.",
      details: { maxBytes: this.#maxBytes },
    });
  }
}
