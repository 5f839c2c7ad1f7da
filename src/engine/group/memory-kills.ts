/** What the kernel has ended for memory while a run went on. */
export type MemoryKills = {
  /** The run's own program. */
  readonly own: boolean;
  /** Something else in its unit: a child of the program, or what ran beside it. */
  readonly beside: boolean;
};

export const NO_KILLS: MemoryKills = { own: false, beside: false };

/** Asked once, when the run has ended. `looksKilled`: its program ended as by a KILL, and nobody sent it one. */
export type JudgeKills = (count: number | null, looksKilled: boolean) => MemoryKills | null;

/**
 * Tells apart the runs of a unit, which share one counter of the kernel that names nobody. What a run can prove is that
 * the counter has risen while it went on and that its program ended as the kernel would end it; each kill is told to
 * one run as its own. All others are told at most that there was one that is not known to be another run's.
 */
export class KillTally {
  #told = 0;

  /** `before`: the counter at the begin of a run; null, here and later: nobody can read it. */
  begin(before: number | null): JudgeKills {
    const toldBefore = this.#told;
    return (count, looksKilled) => {
      if (before === null || count === null) return null;
      if (count - before <= this.#told - toldBefore) return NO_KILLS;
      if (looksKilled) this.#told += 1;
      return { own: looksKilled, beside: !looksKilled };
    };
  }
}

/** Units whose tallies are remembered: more than have runs at one time. */
const REMEMBERED = 1_000;

/** The tallies of many units. */
export class KillTallies {
  readonly #tallies = new Map<string, KillTally>();

  of(unit: string): KillTally {
    const tally = this.#tallies.get(unit) ?? new KillTally();
    this.#tallies.delete(unit);
    this.#tallies.set(unit, tally);
    const [oldest] = this.#tallies.keys();
    if (this.#tallies.size > REMEMBERED && oldest !== undefined) this.#tallies.delete(oldest);
    return tally;
  }
}
