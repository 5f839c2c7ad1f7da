/** What a running sandbox takes at one moment. Null: not measured here. */
export type UnitStats = {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Memory in use, without the file cache that the kernel gives back by itself. */
  readonly memoryBytes: number | null;
  /** Processor time that its processes have had so far, milliseconds. */
  readonly cpuMs: number | null;
  /** Processes and threads. */
  readonly pids: number | null;
  /** Through its network so far; null without one. */
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
};
