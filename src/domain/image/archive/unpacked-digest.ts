import { createHash } from "node:crypto";
import { createGunzip, type Gunzip } from "node:zlib";
import { isMoorageError } from "../../../base/errors.ts";
import type { Budget } from "./budget.ts";

/** The digest of what gzip unpacks to, while that goes by; bytes are taken from the budget. */
export class UnpackedDigest {
  readonly #gunzip: Gunzip = createGunzip();
  readonly #reading: Promise<string | undefined>;

  constructor(budget: Budget) {
    this.#reading = this.#read(budget);
    this.#reading.catch(() => undefined);
  }

  /** Resolves when there is room for more. */
  add(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#gunzip.write(chunk, () => resolve());
    });
  }

  /** Undefined: it is not gzip to its end. */
  end(): Promise<string | undefined> {
    this.#gunzip.end();
    return this.#reading;
  }

  async #read(budget: Budget): Promise<string | undefined> {
    const hash = createHash("sha256");
    try {
      for await (const chunk of this.#gunzip as AsyncIterable<Uint8Array>) {
        budget.take(chunk.length);
        hash.update(chunk);
      }
    } catch (error) {
      if (isMoorageError(error)) throw error;
      return undefined;
    }
    return `sha256:${hash.digest("hex")}`;
  }
}
