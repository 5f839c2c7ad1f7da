/** What units take on the disk of the engine's host, as its file systems count it: in blocks, so that holes are nothing. */
export type EngineDisk = {
  /** Undefined when there is no such unit; it need not run. */
  readonly use: (id: string, signal?: AbortSignal) => Promise<DiskUse | undefined>;
  /** What a directory of the host takes, such as a unit works in; null where it cannot be measured. */
  readonly directory: (path: string, signal?: AbortSignal) => Promise<number | null>;
  /** Of the file system on which units are kept; null where it is not one of this host. */
  readonly room: (signal?: AbortSignal) => Promise<DiskRoom | null>;
};

/** Bytes; free for those who are not root. */
export type DiskRoom = { readonly freeBytes: number; readonly totalBytes: number };

/** Bytes. Null: not measured here. What is kept in memory takes nothing. */
export type DiskUse = {
  /** What was written outside of `/workspace`. */
  readonly rootBytes: number | null;
  /** All of `/workspace`, whoever has put it there; a directory of the host or a named volume may have held some before. */
  readonly workspaceBytes: number | null;
};
