/** What a sandbox took at one moment, as it was measured; null: not measured. */
export type SampleRow = {
  readonly sandboxId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly memoryBytes: number | null;
  readonly cpuMs: number | null;
  readonly pids: number | null;
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
};

export type SampleRows = {
  /**
   * Keeps one round of samples, and drops what these sandboxes had before `keptSince`; what is of no sandbox any more
   * is passed over, and goes with it when it is removed. Survives the end of this process,
   * but not for certain a loss of power.
   */
  readonly append: (rows: readonly SampleRow[], keptSince: number) => Promise<void>;
  /** Of one sandbox from `since` on, the newest `limit` of them, in the order of their time. */
  readonly list: (
    sandboxId: string,
    query: { readonly since: number; readonly limit: number },
  ) => Promise<readonly SampleRow[]>;
};
