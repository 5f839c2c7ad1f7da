import type { BuildLimits, BuildNetwork, EngineName } from "../contracts/types.ts";
import type { WorkRow, WorkRows } from "./works.ts";

/** A build and how it ended. */
export type BuildRow = WorkRow & {
  /** What the image is called: `agent-env:…`. */
  readonly tag: string;
  readonly dockerfileHash: string;
  /** Of the archive that the engine was sent; null before it was sent whole. */
  readonly contextHash: string | null;
  readonly network: BuildNetwork;
  readonly limits: BuildLimits;
  readonly platform: string | null;
  readonly target: string | null;
  readonly imageId: string | null;
  readonly digest: string | null;
  readonly sizeBytes: number | null;
  readonly steps: number | null;
  readonly cachedSteps: number | null;
  /** Why there is no image; null where there is one, or while it is built. */
  readonly failure: BuildFailure | null;
  /** The nameless images that it left as cache, as the engine calls them. */
  readonly cache: readonly string[];
};

export type BuildFailure = {
  readonly code: string;
  readonly message: string;
  /** The instruction that failed, and the line of the Dockerfile on which it begins. */
  readonly instruction: string | null;
  readonly line: number | null;
};

/** Retention keeps those that left something as cache. */
export type BuildRows = WorkRows<BuildRow> & {
  /** By id, or the tag, of which the latest counts; only the owner's own. */
  readonly find: (owner: string, ref: string) => Promise<BuildRow | undefined>;
  /** Those that left something as cache, of all owners, the oldest first. */
  readonly withCache: (engine: EngineName) => Promise<readonly BuildRow[]>;
  /** What is left of its cache. */
  readonly setCache: (id: string, cache: readonly string[]) => Promise<void>;
};
