import type { Platform } from "../../src/contracts/platform.ts";
import type { Line } from "../compare.ts";

export const IMAGE = "busybox:latest";

/** What cases measure on. */
export type BenchContext = {
  /** A server of this machine on Docker, through its socket and the client library. */
  readonly server: Platform;
  /** The server's process. */
  readonly serverPid: number;
  /** The process engine, in this process. */
  readonly embedded: Platform;
};

/** One thing to measure, in a file of its own. */
export type BenchCase = { readonly name: string; readonly run: (context: BenchContext) => Promise<readonly Line[]> };
