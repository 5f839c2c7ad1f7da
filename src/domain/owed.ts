import type { Logger } from "../base/logger.ts";

type Work = () => Promise<unknown>;

export type Owing = { readonly what: string; readonly failure: Error };

/**
 * What has to be written or cleared up once something has begun, and could not be when it was due: the disk was full, or
 * the engine was away. It is kept with all that is known and done again by each sweep, of a server or of this
 * process for itself, until it is done. Where this process is ended before, the next one finds what is left by the rows
 * of a dead holder.
 */
export class Owed {
  readonly #logger: Logger;
  readonly #works = new Map<Work, string>();
  #settling: Promise<readonly Owing[]> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Does it now, and answers how it failed where it did: then it is owed. The work may be done again from its start. */
  async attempt(what: string, work: Work): Promise<Error | undefined> {
    const failure = await failureOf(work);
    if (failure === undefined) return undefined;
    this.#logger.warn({ err: failure, what }, "something could not be finished; it is tried again");
    this.#works.set(work, what);
    return failure;
  }

  /** Does what is owed, as far as it can be done by now; answers what still cannot. Whoever asks meanwhile waits for the same. */
  settle(): Promise<readonly Owing[]> {
    this.#settling ??= this.#settleAll().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #settleAll(): Promise<readonly Owing[]> {
    const owing: Owing[] = [];
    for (const [work, what] of this.#works) {
      const failure = await failureOf(work);
      if (failure === undefined) {
        this.#works.delete(work);
        this.#logger.info({ what }, "what could not be finished is done");
        continue;
      }
      this.#logger.debug({ err: failure, what }, "something can still not be finished");
      owing.push({ what, failure });
    }
    return owing;
  }
}

async function failureOf(work: Work): Promise<Error | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
