/** A run that this engine has started and that has not ended. */
export type LiveRun = {
  readonly unit: string;
  /** Asks it to end, by TERM to its programs. */
  readonly terminate: () => Promise<void>;
  /** Ends it; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** No longer keeps this process from ending. */
  readonly release: () => void;
};

export type LiveRuns = {
  readonly add: (run: LiveRun) => void;
  readonly delete: (run: LiveRun) => void;
  readonly of: (unit: string) => readonly LiveRun[];
  readonly all: () => readonly LiveRun[];
};

export function createLiveRuns(): LiveRuns {
  const runs = new Set<LiveRun>();
  return {
    add: (run) => void runs.add(run),
    delete: (run) => void runs.delete(run),
    of: (unit) => [...runs].filter((run) => run.unit === unit),
    all: () => [...runs],
  };
}
