import type { UnitSpec } from "./unit.ts";

export type ProgramSpec = {
  /** Program and arguments, not empty. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path inside the unit. */
  readonly cwd: string;
  /** All of it, or passed on as it comes and closed at its end. Absent: stdin is at its end from the start. */
  readonly stdin?: Uint8Array | AsyncIterable<Uint8Array>;
};

/** A run in a sandbox. */
export type RunSpec = ProgramSpec & {
  /** A name of the unit's own, `uid` or `uid:gid`; absent: the unit's. INVALID_INPUT when the unit has no such user. */
  readonly user?: string;
  /**
   * Runs the program on a terminal of this size, for people: all output is stdout, lines end with CR LF, input is echoed
   * and has no end but what the program takes for one (Ctrl-D); without stdin nobody types.
   */
  readonly tty?: TerminalSize;
  /**
   * Called with the run's handle before its program begins, where the engine's runs outlive this process: so that it can
   * be found again from the first moment. Where this rejects the program never begins. The last handle is the one that
   * counts, where a first way to begin has failed.
   */
  readonly onHandle?: (handle: string) => Promise<void>;
} & StoppingUnit;

/** What ends a run may have to stop the whole unit, where what the run has left can be ended by nothing less. */
export type StoppingUnit = {
  /** Called once before that happens; it calls `stop`, and the unit's other runs end. Absent: it just happens. */
  readonly aroundStop?: (stop: () => Promise<void>) => Promise<void>;
};

export type TerminalSize = { readonly columns: number; readonly rows: number };

/** Without `SIG`. */
export type RunSignal = "HUP" | "INT" | "QUIT" | "TERM" | "KILL" | "STOP" | "CONT" | "USR1" | "USR2";

/** A one-shot unit: its only run is its main process, as the unit's user. */
export type JobSpec = UnitSpec &
  ProgramSpec & {
    /**
     * Milliseconds after which the unit ends itself even when nobody watches it any more. The caller keeps the exact
     * deadline with `terminate` and `kill`; the unit's own comes at most 3 s later.
     */
    readonly deadlineMs: number;
  };

export type OutputChunk = {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
  /**
   * Bytes of this stream that came right before `data` and were let go, because the run was being ended and nobody took
   * its output meanwhile. Absent: none.
   */
  readonly lostBytes?: number;
};

export type RunExit = {
  /** 0 to 255, exactly the program's; 126 found but not executable, 127 not found; null when the engine lost it. */
  readonly exitCode: number | null;
  /**
   * The signal that ended the program, such as `SIGKILL`, only where the engine knows it: one that was sent through it,
   * or the kernel's for memory. A code above 128 alone says nothing: programs may end with it by themselves.
   */
  readonly signal: string | null;
  /**
   * True when the kernel ended this run's program for memory: it ended by a KILL that nobody sent (137), and the
   * kernel's counter of the unit rose meanwhile. A program that came to an end of its own, with another code, was not,
   * whatever else in the unit was. Where several runs of a unit look so, as many are told as the kernel has counted;
   * where it does not count, on an engine elsewhere, all of them.
   */
  readonly oomKilled: boolean;
  /**
   * True when the kernel ended another process of the unit for memory during this run, and it is not known to be
   * another run's program: a child of this one, or what ran beside it. Absent: none, or nobody knows.
   */
  readonly oomKilledBeside?: boolean;
  /** Highest memory use of the unit, bytes, where the engine measured it. */
  readonly peakMemoryBytes: number | null;
};

/**
 * A run that goes on. Dropping it does not end it: `kill` does. A run is over when its program has ended: what that has
 * left behind is ended with it, at once, whatever session or parent it has left.
 */
export type EngineRun = {
  /** Enough for `endLost` to find the run again when this process is gone. Opaque, at most 256 characters. */
  readonly handle: string;
  /**
   * What the program prints, in order for each stream; ends when the run has ended. Reading slowly slows the program
   * down; memory use is capped. Nothing is left out while somebody reads, also while the run is being ended: only a
   * reader that takes nothing then misses something, and is told how much. To be read once.
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
  /**
   * Sends a signal: USR1 and USR2, which end who does not expect them, to the program alone, all others to its whole
   * tree. Resolves when sent; after the end it does nothing. ENGINE_UNSUPPORTED where the engine cannot send it.
   */
  readonly signal: (name: RunSignal) => Promise<void>;
  /** Present on a run with a terminal: changes its size, which the program is told by WINCH. */
  readonly resize?: (size: TerminalSize) => Promise<void>;
};
