import type { Logger } from "../../../../base/logger.ts";
import type { ExecContext } from "../exec-context.ts";
import { startStandby, type Standby } from "./standby.ts";

/** A sandbox at rest keeps one; the depth doubles each time that a run finds none. */
const LEAST = 1;
const MOST = 32;
/** One for so many of a sandbox's process limit: as each is two processes, they take a quarter of it at most. */
const PIDS_EACH = 8;
/** Runs that follow one another closely are not held up by a start beside them. */
const CALM_MS = 15;
/** Without a run for so long, the depth falls to the least. */
const REST_MS = 60_000;

export type StandbysOptions = {
  readonly context: ExecContext;
  /** The sandbox's process limit. */
  readonly pids: number;
  /** Starts something in the container, while that is not being paused. */
  readonly start: <T>(work: () => Promise<T>) => Promise<T>;
};

/** The standbys of one container: as many as the recent rhythm of its runs asks for. */
export class Standbys {
  readonly context: ExecContext;
  readonly #options: StandbysOptions;
  readonly #logger: Logger;
  readonly #waiting: Standby[] = [];
  #depth = LEAST;
  #running = 0;
  #filling = false;
  #closed = false;
  #calm: NodeJS.Timeout | undefined;
  #rest: NodeJS.Timeout | undefined;

  constructor(options: StandbysOptions) {
    this.#options = options;
    this.context = options.context;
    this.#logger = options.context.logger;
  }

  /** One that waits, if there is one; a run that finds none makes the next find more. */
  take(): Standby | undefined {
    const standby = this.#waiting.shift();
    if (standby === undefined && !this.#closed) this.#depth = Math.min(this.#depth * 2, this.#most);
    return standby;
  }

  /** Tells of a run that goes on, until it has ended: refills wait for that. */
  count(ended: Promise<unknown>): void {
    this.#running += 1;
    const end = (): void => {
      this.#running -= 1;
      this.refill();
    };
    ended.then(end, end);
  }

  /** Starts what is missing, once nothing else is going on. */
  refill(): void {
    if (this.#closed) return;
    clearTimeout(this.#calm);
    clearTimeout(this.#rest);
    this.#calm = setTimeout(() => void this.#fill(), CALM_MS).unref();
    this.#rest = setTimeout(() => this.#settle(), REST_MS).unref();
  }

  /** Ends all that wait; none is started any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#calm);
    clearTimeout(this.#rest);
    for (const standby of this.#waiting.splice(0)) void standby.output.close();
  }

  get #most(): number {
    return Math.max(LEAST, Math.min(MOST, Math.floor(this.#options.pids / PIDS_EACH)));
  }

  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (!this.#closed && this.#waiting.length < this.#depth && this.#running === 0) {
        this.#add(await this.#options.start(() => startStandby(this.context)));
      }
    } catch (error) {
      // An image without a usable shell, a full sandbox, one that has ended: its runs take the plain way.
      this.#logger.debug({ err: error }, "no shell could be started ahead");
      this.#depth = LEAST;
    } finally {
      this.#filling = false;
    }
  }

  #add(standby: Standby): void {
    if (this.#closed) return void standby.output.close();
    this.#waiting.push(standby);
    const forget = (): void => {
      const index = this.#waiting.indexOf(standby);
      if (index !== -1) this.#waiting.splice(index, 1);
    };
    standby.output.ended.then(forget, forget);
  }

  #settle(): void {
    this.#depth = LEAST;
    for (const standby of this.#waiting.splice(LEAST)) void standby.output.close();
  }
}
