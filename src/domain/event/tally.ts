import { sleep } from "../../base/deadline.ts";
import type { EventRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";

const BATCH = 500;
/** Often enough that no event is dropped from what is kept before it was counted. */
const LOOK_MS = 10_000;

/** What is counted of an event: what happened, and how it ended. */
export type Tallied = { readonly type: EventRow["type"]; readonly status: string | null; readonly count: number };

/** Counts what happens, of all owners and by whichever process, from its first look on. */
export class Tally {
  readonly #context: Pick<DomainContext, "store" | "logger">;
  readonly #counts = new Map<string, Tallied>();
  #seen: number | undefined;

  constructor(context: Pick<DomainContext, "store" | "logger">) {
    this.#context = context;
  }

  /** Looks now and then, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.counts().catch((error: unknown) => {
        this.#context.logger.warn({ err: error }, "events could not be counted now");
      });
      await sleep(LOOK_MS, signal);
    }
  }

  async counts(): Promise<readonly Tallied[]> {
    const { events } = this.#context.store;
    this.#seen ??= await events.latest();
    for (;;) {
      const from: number = this.#seen;
      const rows = await events.after(from, BATCH);
      // Somebody else who asked at the same time has counted these.
      if (this.#seen !== from) continue;
      for (const row of rows) this.#count(row);
      if (rows.length < BATCH) return [...this.#counts.values()];
    }
  }

  #count({ sequence, type, facts }: EventRow): void {
    this.#seen = sequence;
    const status = typeof facts["status"] === "string" ? facts["status"] : null;
    const key = `${type} ${status}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { type, status, count });
  }
}
