import type { Platform } from "../../src/contracts/platform.ts";
import type { Line } from "../compare.ts";
import type { BenchServer } from "../server.ts";

export const IMAGE = "busybox:latest";

/** What cases measure on. */
export type BenchContext = {
  /** A server of this machine on Docker, through its socket and the client library. */
  readonly server: BenchServer;
  /** A directory for what a case needs; it goes at the end. */
  readonly home: string;
  /** The process engine, in this process. */
  readonly embedded: Platform;
};

/** One thing to measure, in a file of its own. */
export type BenchCase = { readonly name: string; readonly run: (context: BenchContext) => Promise<readonly Line[]> };
