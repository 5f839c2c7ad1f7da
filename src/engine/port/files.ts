export type EntryInfo = {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly modifiedAt: number;
};

/**
 * Files of a unit. Paths are absolute inside the unit, normalised, without `..`. A path that leads out of `/workspace`
 * by a symlink is PATH_NOT_ALLOWED; a missing one FILE_NOT_FOUND; an absent unit NOT_FOUND. `stat` and `remove` take a
 * symlink itself, `list` and `download` follow it.
 */
export type UnitFiles = {
  readonly list: (id: string, path: string, signal?: AbortSignal) => Promise<readonly EntryInfo[]>;
  readonly stat: (id: string, path: string, signal?: AbortSignal) => Promise<EntryInfo>;
  /** A file or a tree as tar; entry names begin with the last part of `path`. */
  readonly download: (id: string, path: string, signal?: AbortSignal) => AsyncIterable<Uint8Array>;
  /**
   * Unpacks tar into a directory, making it when missing. Entries belong to the unit's user and take the place
   * of what has their name, a symlink included. Entries with `..`, absolute names, devices or links that lead out are
   * PATH_NOT_ALLOWED; what is no tar is INVALID_INPUT.
   */
  readonly upload: (id: string, tree: UploadedTree, signal?: AbortSignal) => Promise<void>;
  /** Removes a file or a tree. */
  readonly remove: (id: string, path: string, signal?: AbortSignal) => Promise<void>;
};

export type UploadedTree = {
  /** The directory that it is unpacked into. */
  readonly path: string;
  readonly tar: AsyncIterable<Uint8Array>;
};
