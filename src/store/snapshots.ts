import type { EngineName, PackageManager } from "../contracts/types.ts";
import type { Page, PageQuery } from "./page.ts";

/** `taking`: not there yet; `removing`: no sandbox gets it any more. Both are seen by nobody but who recovers. */
export type SnapshotState = "taking" | "ready" | "removing";

/** A snapshot of a sandbox: its owner's alone. */
export type SnapshotRow = {
  readonly id: string;
  readonly owner: string;
  readonly name: string | null;
  readonly comment: string | null;
  readonly state: SnapshotState;
  /**
   * True: it was taken for a fork or for an archive, is listed nowhere, and goes with the last sandbox that is made of
   * it.
   */
  readonly transient: boolean;
  readonly sandboxId: string;
  readonly image: string | null;
  /** What the engine makes a sandbox from; empty until it is there. */
  readonly reference: string;
  readonly digest: string;
  readonly dependencies: readonly string[];
  readonly packageManager: PackageManager | null;
  readonly sizeBytes: number;
  readonly engine: EngineName;
  readonly createdAt: string;
  /** The process that takes it; a dead one's half-made snapshot is swept. */
  readonly holder: string;
  /** When it was begun, by the monotonic clock that its holder shares with all of its machine, as long as that lives. */
  readonly sinceMs: number;
};

export type SnapshotRows = {
  /** CONFLICT when the owner has one of this name; LIMIT_EXCEEDED when there are `most` that are not transient. */
  readonly insert: (row: SnapshotRow, most: number) => Promise<void>;
  /** By id or the owner's name; only the owner's own, and only one that is ready and not transient. */
  readonly find: (owner: string, ref: string) => Promise<SnapshotRow | undefined>;
  readonly list: (owner: string, query: PageQuery) => Promise<Page<SnapshotRow>>;
  readonly get: (id: string) => Promise<SnapshotRow | undefined>;
  /** Of all owners: for tests, since it takes as long as there are many. */
  readonly all: () => Promise<readonly SnapshotRow[]>;
  /** Of all owners: those on an engine that are not ready, and transient ones that no sandbox is made of. */
  readonly leftover: (engine: EngineName) => Promise<readonly SnapshotRow[]>;
  /** The sandboxes that are made of it; one that could not be started is none. */
  readonly users: (id: string) => Promise<readonly SnapshotUser[]>;
  /** It is there now; false when its row is gone or its removal has begun. */
  readonly finish: (id: string, made: Pick<SnapshotRow, "reference" | "digest" | "sizeBytes">) => Promise<boolean>;
  /**
   * Marks it as being removed, unless a sandbox is made of it: then that is answered, and nothing is changed.
   */
  readonly retire: (id: string) => Promise<SnapshotUser | undefined>;
  readonly remove: (id: string) => Promise<void>;
};

/** A sandbox that is made of it. */
export type SnapshotUser = { readonly id: string; readonly name: string | null };

/** Of a sandbox: the snapshot that it is made of. */
export type SnapshotUse = {
  readonly id: string;
  readonly name: string | null;
  /** The sandbox that it was taken of, where it was taken for a fork. */
  readonly forkOf: string | null;
};

/** The snapshot of a sandbox's root filesystem that its archive has. */
export type SandboxBase = { readonly id: string; readonly reference: string; readonly digest: string };
