import type { Platform } from "../../contracts/platform.ts";

export type CopyContext = {
  readonly platform: Platform;
  readonly signal: AbortSignal;
  /** Where relative host paths start. */
  readonly directory: string;
};
