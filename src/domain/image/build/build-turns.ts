import { orAborted, throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { Once } from "../../../base/once.ts";

/** Builds of one owner that may wait; more are nobody's plan. */
const MOST_WAITING = 100;

export type TurnLimits = {
  /** Of all owners together. */
  readonly maxAtOnce: number;
  readonly maxAtOncePerOwner: number;
};

/** The right to build, from `begun` on, until it is disposed of. */
export type Turn = Disposable & {
  /** Resolves when it has begun; before, each place in the queue is told, counted from 1. CANCELED by the signal. */
  readonly places: (signal: AbortSignal | undefined) => AsyncGenerator<number, void, undefined>;
};

type Entry = { readonly owner: string; readonly limits: TurnLimits; begun: boolean };

/**
 * Who may build now, in this process: the others wait in the order in which they came. One whose owner has as many at
 * work as an owner may have lets those of others pass.
 */
export class BuildTurns {
  readonly #entries = new Set<Entry>();
  #moved = Promise.withResolvers<void>();

  /** LIMIT_EXCEEDED where as many of the owner's are waiting as may. */
  enter(owner: string, limits: TurnLimits): Turn {
    const waiting = this.#waiting().filter((entry) => entry.owner === owner).length;
    if (waiting >= MOST_WAITING) {
      throw new MoorageError("LIMIT_EXCEEDED", `${waiting} builds of yours are waiting already, as many as may.`, {
        hint: "Wait until some of them have ended, or cancel some.",
        details: { waiting, maximum: MOST_WAITING },
      });
    }
    const entry: Entry = { owner, limits, begun: false };
    this.#entries.add(entry);
    this.#move();
    return {
      places: (signal) => this.#places(entry, signal),
      [Symbol.dispose]: () => {
        if (this.#entries.delete(entry)) this.#move();
      },
    };
  }

  async *#places(entry: Entry, signal: AbortSignal | undefined): AsyncGenerator<number, void, undefined> {
    for (let told = 0; !entry.begun;) {
      throwIfCanceled(signal);
      const place = this.#waiting().indexOf(entry) + 1;
      if (place === told) await orAborted(new Once(this.#moved.promise), signal);
      else yield (told = place);
    }
  }

  #waiting(): readonly Entry[] {
    return [...this.#entries].filter(({ begun }) => !begun);
  }

  /** Lets begin who may, and wakes those who wait, to see where they are now. */
  #move(): void {
    for (const entry of this.#waiting()) {
      const atWork = [...this.#entries].filter(({ begun }) => begun);
      const own = atWork.filter(({ owner }) => owner === entry.owner).length;
      entry.begun = atWork.length < entry.limits.maxAtOnce && own < entry.limits.maxAtOncePerOwner;
    }
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}
