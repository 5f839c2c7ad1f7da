import type { BuildLimits, BuildNetwork, EngineName, Isolation, RunStatus } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** A build and how it ended. What it printed is in its log, by its id. */
export type BuildRow = {
  readonly id: string;
  readonly owner: string;
  readonly keyId: string | null;
  readonly status: RunStatus;
  /** What the image is called: `agent-env:…`. */
  readonly tag: string;
  readonly engine: EngineName;
  readonly isolation: Isolation;
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
  readonly warnings: readonly string[];
  /** Why there is no image; null where there is one, or while it is built. */
  readonly failure: BuildFailure | null;
  /** The nameless images that it left as cache, as the engine calls them. */
  readonly cache: readonly string[];
  /** Bytes of its log. */
  readonly logBytes: number;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly receiptId: string | null;
  /** The process that builds. */
  readonly holder: string;
  /** When its end was recorded, in ms as timers count; null before. */
  readonly endedAt: number | null;
};

export type BuildFailure = {
  readonly code: string;
  readonly message: string;
  /** The instruction that failed, and the line of the Dockerfile on which it begins. */
  readonly instruction: string | null;
  readonly line: number | null;
};

export type BuildRows = {
  readonly insert: (row: BuildRow) => Promise<void>;
  /** By id, or the tag, of which the latest counts; only the owner's own. */
  readonly find: (owner: string, ref: string) => Promise<BuildRow | undefined>;
  readonly list: (owner: string, query: PageQuery) => Promise<Page<BuildRow>>;
  /** Those whose status is `running`, of all owners. */
  readonly open: () => Promise<readonly BuildRow[]>;
  /** Takes an open one over from a dead holder; false when somebody else was faster. */
  readonly claim: (id: string, from: string, to: string) => Promise<boolean>;
  /** Those that left something as cache, of all owners, the oldest first. */
  readonly withCache: (engine: EngineName) => Promise<readonly BuildRow[]>;
  /** What is left of its cache. */
  readonly setCache: (id: string, cache: readonly string[]) => Promise<void>;
};
