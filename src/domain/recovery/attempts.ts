import type { ErrorCode } from "../../base/error-codes.ts";
import { asMoorageError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Owed } from "../owed.ts";

type Thing = { readonly kind: string; readonly id: string };

/** Something that could not be recovered, ended or removed now. The next sweep tries it again. */
export type Undone = Thing & {
  readonly code: ErrorCode;
  readonly message: string;
};

/** Does one thing after another: what fails is logged and told in the end, and keeps none of the others from theirs. */
export class Attempts {
  readonly #logger: Logger;
  readonly #undone: Undone[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get undone(): readonly Undone[] {
    return this.#undone;
  }

  /** What the work answers; undefined where it has failed. */
  async at<T>({ kind, id }: Thing, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#logger.warn({ err: error, kind, id }, "what was due could not be done; the next sweep tries again");
      this.#tell({ kind, id }, error);
      return undefined;
    }
  }

  /** Does what could not be finished when it was due. */
  async settle(owed: Owed): Promise<void> {
    for (const { what, failure } of await owed.settle()) this.#tell({ kind: "unfinished", id: what }, failure);
  }

  #tell({ kind, id }: Thing, error: unknown): void {
    const { code, message } = asMoorageError(error);
    this.#undone.push({ kind, id, code, message });
  }
}
