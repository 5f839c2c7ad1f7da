import { randomInt } from "node:crypto";
import { z } from "zod";
import type { Logger } from "../../../../base/logger.ts";
import type { EngineApi } from "../../api/engine-api.ts";

const SHM_BYTES = 64 * 1024 ** 2;
const PAGE_BYTES = 4096;

const MarkReply = z.object({ HostConfig: z.object({ ShmSize: z.number() }) });

/**
 * The containers in which the steps of one build run. The builder has no word for a bound on processes, so each gets
 * one when it is told of. A step may print the id of any container: only one with the mark of this build is touched.
 */
export class StepContainers {
  /** Bytes of shared memory that the engine gives to every container of this build: the mark. */
  readonly mark = SHM_BYTES + PAGE_BYTES * randomInt(1, 2 ** 16);
  readonly #context: { readonly api: EngineApi; readonly logger: Logger };
  readonly #pids: number;
  readonly #work = new Set<Promise<void>>();

  constructor(context: { readonly api: EngineApi; readonly logger: Logger }, pids: number) {
    this.#context = context;
    this.#pids = pids;
  }

  /** Begins to confine it; `settled` waits for the end. */
  confine(id: string): void {
    const work = this.#confine(id).finally(() => this.#work.delete(work));
    this.#work.add(work);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  async #confine(id: string): Promise<void> {
    const { api, logger } = this.#context;
    try {
      const found = await api.find({ method: "GET", path: `/containers/${id}/json` }, MarkReply);
      if (found?.HostConfig.ShmSize !== this.mark) return;
      await api.send({ method: "POST", path: `/containers/${id}/update`, json: { PidsLimit: this.#pids } });
    } catch (error) {
      // A step that has ended meanwhile needs no bound; one that goes on has the others.
      logger.warn({ err: error, container: id }, "the processes of a step of a build could not be bounded");
    }
  }
}
