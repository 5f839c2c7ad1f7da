/**
 * Sandboxes as they were at one moment: root filesystem and `/workspace`, kept as images under Moorage's ids. No memory,
 * no environment of the unit's own, nothing that is mounted elsewhere. A unit of `SnapshotInfo.reference` begins with
 * both, its `/workspace` where that is storage of its own or a named volume that is empty. As images they are absent.
 */
export type EngineSnapshots = {
  /**
   * Takes a sandbox that runs, is paused or stopped; while it is read a running one is held still, and then it goes on.
   * On failure nothing is left, of a snapshot that is there already nothing is changed: CONFLICT. NOT_FOUND when there
   * is no such sandbox, LIMIT_EXCEEDED when it is too large.
   */
  readonly take: (wish: SnapshotWish, signal?: AbortSignal) => Promise<SnapshotInfo>;
  /** Undefined when there is none of this deployment. */
  readonly find: (id: string, signal?: AbortSignal) => Promise<Omit<SnapshotInfo, "sizeBytes"> | undefined>;
  /** Removes it, and what an interrupted `take` has left; absent ones are no error. CONFLICT while a unit is made of it. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
  /** Removes what an interrupted `take` has left that `remove` cannot find, some seconds after it was left. */
  readonly clear: (signal?: AbortSignal) => Promise<void>;
};

export type SnapshotWish = {
  readonly sandbox: string;
  /** Of the snapshot to be. */
  readonly id: string;
  /** False: `/workspace` is empty in it. @default true */
  readonly workspace?: boolean;
  /** What it may take at most, bytes. */
  readonly maxBytes: number;
};

export type SnapshotInfo = {
  /** What a unit is created from. */
  readonly reference: string;
  /** Content address, `sha256:…`. */
  readonly digest: string;
  /** What it takes by itself, beside the image that its sandbox was made from. */
  readonly sizeBytes: number;
};
