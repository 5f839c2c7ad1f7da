import type { MoorageError } from "../../../base/errors.ts";

export type End = { readonly exitCode: number; readonly signal: string | null };

/** A run as its unit knows it. */
export type LiveRun = {
  readonly handle: string;
  /** Ends the program and all that it left behind, at once. */
  readonly end: (end: End) => void;
  /** Asks the program to end, as TERM does. */
  readonly terminate: () => void;
  /** Lets the run's end be lost, as when an engine breaks down. */
  readonly fail: (error: MoorageError) => void;
};
