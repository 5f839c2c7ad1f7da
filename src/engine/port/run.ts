import type { UnitSpec } from "./unit.ts";

export type RunSpec = {
  /** Program and arguments, not empty. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path inside the unit. */
  readonly cwd: string;
  /** Absent: stdin is at its end from the start. */
  readonly stdin?: AsyncIterable<Uint8Array>;
};

/** A one-shot unit: its only run is its main process. */
export type JobSpec = UnitSpec &
  RunSpec & {
    /**
     * Milliseconds after which the unit ends itself even when nobody watches it any more. The caller keeps the exact
     * deadline with `terminate` and `kill`; the unit's own comes at most 3 s later.
     */
    readonly deadlineMs: number;
  };

export type OutputChunk = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };

export type RunExit = {
  /** 0 to 255, exactly the program's; 126 found but not executable, 127 not found; null when the engine lost it. */
  readonly exitCode: number | null;
  /** The signal that ended the program, only where the engine knows it. */
  readonly signal: string | null;
  /** True when the kernel ended a process of the unit for memory during this run. */
  readonly oomKilled: boolean;
  /** Highest memory use of the unit, bytes, where the engine measured it. */
  readonly peakMemoryBytes: number | null;
};

/** A run that goes on. Dropping it does not end it: `kill` does. */
export type EngineRun = {
  /**
   * What the program prints, in order for each stream; ends when the run has ended. Reading slowly slows the program
   * down; memory use is capped. To be read once.
   */
  readonly output: AsyncIterable<OutputChunk>;
  /** Settles when the program has ended, after `kill` also when nobody reads the output; rejects with a MoorageError when the engine failed. */
  readonly exit: Promise<RunExit>;
  /** Sends TERM to the whole process tree. Resolves when sent. */
  readonly terminate: () => Promise<void>;
  /**
   * Ends the whole process tree at once and resolves when it is confirmed gone. `unitStopped` is true where that took
   * stopping the unit itself (always for jobs). Output printed before is still delivered. Of a run that has ended by
   * itself it ends what is left of the tree.
   */
  readonly kill: () => Promise<{ readonly unitStopped: boolean }>;
};
