import { createHash } from "node:crypto";
import { Channel } from "../../../base/channel.ts";
import { isMoorageError } from "../../../base/errors.ts";
import type { Spool } from "../../../engine/spool.ts";
import type { Budget } from "./budget.ts";
import { unpacked } from "./unpacked.ts";

const WAITING_BYTES = 256 * 1024;

/** What a packed layer unpacks to, while that goes by; bytes are taken from the budget. */
export class Unpacking {
  readonly #chunks = new Channel<Uint8Array>(WAITING_BYTES);
  readonly #digest: Promise<string | undefined>;

  /** Where it is unpacked into, if anywhere. */
  constructor(budget: Budget, spool: Spool | undefined) {
    this.#digest = this.#unpack(budget, spool);
    this.#digest.catch(() => undefined);
  }

  /** Resolves when there is room for more. */
  async add(chunk: Uint8Array): Promise<void> {
    await this.#chunks.push(chunk, chunk.length);
  }

  /** Its digest; undefined: it cannot be unpacked to its end. */
  end(): Promise<string | undefined> {
    this.#chunks.close();
    return this.#digest;
  }

  async #unpack(budget: Budget, spool: Spool | undefined): Promise<string | undefined> {
    const hash = createHash("sha256");
    const counted = async function* (content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of content) {
        budget.take(chunk.length);
        hash.update(chunk);
        yield chunk;
      }
    };
    const content = counted(unpacked(this.#chunks));
    try {
      if (spool === undefined) for await (const _chunk of content);
      else await spool.fill(content);
    } catch (error) {
      if (isMoorageError(error)) throw error;
      return undefined;
    }
    return `sha256:${hash.digest("hex")}`;
  }
}
