import { sleep } from "../../base/deadline.ts";
import { asMoorageError, type MoorageError } from "../../base/errors.ts";
import type { EventRow, EventRows } from "../../store/store.ts";
import { EventFeed } from "./event-feed.ts";

/** How often it is looked for events while somebody listens: those of other processes are found like one's own. */
const LOOK_MS = 50;
const BATCH = 500;

/** Tells the listeners of this process what happens, in whichever process; the registry is read once for all of them. */
export class EventBus {
  readonly #rows: EventRows;
  readonly #feeds = new Set<EventFeed>();
  #seen = 0;
  #looking: AbortController | undefined;
  #ended = false;

  constructor(rows: EventRows) {
    this.#rows = rows;
  }

  /** How many listen now. */
  get listeners(): number {
    return this.#feeds.size;
  }

  /** What happens from now on; whoever opens it closes it. */
  async open(wants: (row: EventRow) => boolean): Promise<EventFeed> {
    const latest = await this.#rows.latest();
    if (this.#looking === undefined) this.#seen = latest;
    const feed = new EventFeed(this.#seen, wants);
    if (this.#ended) feed.end();
    this.#feeds.add(feed);
    if (this.#looking === undefined) {
      this.#looking = new AbortController();
      void this.#look(this.#looking.signal);
    }
    return feed;
  }

  close(feed: EventFeed): void {
    this.#feeds.delete(feed);
    if (this.#feeds.size > 0) return;
    this.#looking?.abort();
    this.#looking = undefined;
  }

  /** Lets all listeners come to their end, once they have been told of what has happened so far, and those that come later. */
  async endAll(): Promise<void> {
    this.#ended = true;
    const { signal } = this.#looking ?? {};
    try {
      if (signal !== undefined) await this.#tell(signal);
    } catch (error) {
      this.#end(asMoorageError(error));
    }
    this.#end();
  }

  #end(error?: MoorageError): void {
    for (const feed of this.#feeds) feed.end(error);
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#tell(signal);
        await sleep(LOOK_MS, signal);
      }
    } catch (error) {
      // Whoever opens the next one looks again.
      if (this.#looking?.signal === signal) this.#looking = undefined;
      this.#end(asMoorageError(error));
    }
  }

  async #tell(signal: AbortSignal): Promise<void> {
    for (;;) {
      const from: number = this.#seen;
      const rows = await this.#rows.after(from, BATCH);
      if (signal.aborted) return;
      // Told meanwhile by another look.
      if (this.#seen !== from) continue;
      for (const row of rows) {
        this.#seen = row.sequence;
        for (const feed of this.#feeds) feed.offer(row);
      }
      if (rows.length < BATCH) return;
    }
  }
}
