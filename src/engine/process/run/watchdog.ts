import { allProcesses, pageBytes, treeOf } from "../host/processes.ts";
import type { EngineLimits } from "../../engine.ts";

/** One run as the watchdog knows it. */
export type Watched = {
  readonly unit: string;
  /** The launcher's pid: all of the run are its descendants. */
  readonly root: number;
  readonly limits: EngineLimits;
  /** Called at most once. */
  readonly end: (reason: "memory" | "pids") => void;
};

/** Keeps limits where no control group does, by looking and ending: late, and only approximately. */
export type Watchdog = {
  /** Answers how to stop watching. */
  readonly watch: (run: Watched) => () => void;
};

const INTERVAL_MS = 100;
/** bubblewrap itself and its PID 1. */
const OWN_PROCESSES = 2;

type Use = { readonly run: Watched; readonly bytes: number; readonly threads: number };

export function createWatchdog(): Watchdog {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    const [processes, page] = await Promise.all([allProcesses(), pageBytes()]);
    const uses = [...watched].map((run): Use => {
      const tree = treeOf(run.root, processes);
      return {
        run,
        bytes: tree.reduce((sum, { residentPages }) => sum + residentPages * page, 0),
        threads: tree.reduce((sum, { threads }) => sum + threads, 0) - OWN_PROCESSES,
      };
    });
    for (const [run, reason] of overLimit(uses)) if (watched.delete(run)) run.end(reason);
  };
  const again = (): void => {
    const lookAgain = async (): Promise<void> => {
      // What cannot be read now is read the next time.
      await look().catch(() => undefined);
      timer = undefined;
      if (watched.size > 0) again();
    };
    timer = setTimeout(() => void lookAgain(), INTERVAL_MS);
    timer.unref();
  };

  return {
    watch: (run) => {
      watched.add(run);
      if (timer === undefined) again();
      return () => void watched.delete(run);
    },
  };
}

/** Of each unit that is over a limit, the run that uses most. */
export function overLimit(uses: readonly Use[]): ReadonlyMap<Watched, "memory" | "pids"> {
  const ending = new Map<Watched, "memory" | "pids">();
  for (const unit of new Set(uses.map(({ run }) => run.unit))) {
    const own = uses.filter(({ run }) => run.unit === unit);
    for (const [reason, measure, limit] of [
      ["pids", "threads", "pids"],
      ["memory", "bytes", "memoryBytes"],
    ] as const) {
      const largest = own.toSorted((a, b) => b[measure] - a[measure])[0];
      const sum = own.reduce((total, use) => total + use[measure], 0);
      if (largest !== undefined && sum > largest.run.limits[limit]) ending.set(largest.run, reason);
    }
  }
  return ending;
}
