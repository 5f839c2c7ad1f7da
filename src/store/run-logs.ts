export type OutputStream = "stdout" | "stderr";

/**
 * What a log says. Offsets count the bytes of both streams together, in the order in which they came. A gap stands for
 * bytes that were printed and are no longer kept.
 */
export type LogFrame =
  | {
      readonly type: "output";
      readonly stream: OutputStream;
      readonly offset: number;
      /** Milliseconds since 1970. */
      readonly time: number;
      readonly data: Uint8Array;
    }
  | { readonly type: "gap"; readonly offset: number; readonly bytes: number };

/** One process writes the log of a run. Disposing it waits until all is written. */
export type RunLogWriter = AsyncDisposable & {
  /** Offset of the next byte. */
  readonly end: number;
  /**
   * Adds what was printed. Resolves at once while little waits to be written, else when there is room again. Never
   * rejects: a log that cannot be written must not end its run.
   */
  readonly append: (stream: OutputStream, data: Uint8Array, time: number) => Promise<void>;
  /** Passes over bytes that were printed and are not there to be written: readers see a gap. */
  readonly skip: (bytes: number) => void;
  /** Why the log could not be written; from then on nothing is added. */
  readonly failure: () => Error | undefined;
};

/** Reads a log from its offset on, also while it grows and in another process than its writer's. */
export type RunLogReader = AsyncDisposable & {
  /** Undefined: there is nothing more at the moment; a later call looks again. STATE_UNUSABLE when it cannot be read. */
  readonly next: () => Promise<LogFrame | undefined>;
};

export type LogRetention = {
  /** Logs that nobody wrote to for longer are removed. */
  readonly maxAgeMs: number;
  /** Then the oldest, until the others have no more bytes than this together. */
  readonly maxTotalBytes: number;
};

/** What programs printed, kept outside of their sandboxes, readable while they run and after they are gone. */
export type RunLogs = {
  /** `onWritten` is called after each piece that readers can see from then on. */
  readonly create: (runId: string, onWritten: () => void) => RunLogWriter;
  /** A log that is not there is an empty one. */
  readonly read: (runId: string, offset: number) => RunLogReader;
  /** Absent ones are no error. STATE_UNUSABLE where it cannot be done. */
  readonly remove: (runId: string) => Promise<void>;
  /** Moves the times of each log's pieces, by which its age counts, but for those that were written since a time. */
  readonly shiftAges: (milliseconds: number, since: number) => Promise<void>;
  /** Whose logs retention does not keep, by age and size, never those in `keep`. */
  readonly unkept: (
    retention: LogRetention,
    { now, keep }: { readonly now: number; readonly keep: ReadonlySet<string> },
  ) => Promise<readonly string[]>;
};
