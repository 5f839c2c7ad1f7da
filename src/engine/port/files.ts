export type EntryInfo = {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly modifiedAt: number;
};

/** An entry below a directory that is walked through. */
export type TreeEntry = EntryInfo & {
  /** Relative to that directory. */
  readonly path: string;
  /** Milliseconds since 1970 of the last change of content, owner, mode or name. */
  readonly changedAt: number;
  /** The same for the same file under another name; null where the engine does not know. */
  readonly identity: string | null;
};

/**
 * Files of a unit. Paths are absolute inside the unit, normalised, without `..`. A path that leads out of `/workspace`
 * by a symlink is PATH_NOT_ALLOWED, also when a program changes its parts meanwhile; a missing one FILE_NOT_FOUND; an
 * absent unit NOT_FOUND. `stat`, `move` and `remove` take a symlink itself, the others follow it. A full disk is
 * DISK_FULL. What an engine cannot do on a unit that does not run is SANDBOX_NOT_RUNNING.
 */
export type UnitFiles = {
  readonly list: (id: string, path: string, signal?: AbortSignal) => Promise<readonly EntryInfo[]>;
  readonly stat: (id: string, path: string, signal?: AbortSignal) => Promise<EntryInfo>;
  /** All that is below a directory, each directory before what is in it, names in the order of their bytes. */
  readonly walk: (id: string, wish: WalkWish, signal?: AbortSignal) => AsyncIterable<TreeEntry>;
  /** Watches all that is below a directory; whoever begins it disposes of it. */
  readonly watch: (id: string, path: string, signal?: AbortSignal) => Promise<TreeWatch>;
  /** What is different from the image, `/workspace` left out; undefined where the engine does not know. */
  readonly rootChanges: (id: string, signal?: AbortSignal) => Promise<readonly RootChange[] | undefined>;
  /** Opens a file to be read, of any size; whoever opens it disposes of it. INVALID_INPUT when it is no file. */
  readonly open: (id: string, path: string, signal?: AbortSignal) => Promise<OpenFile>;
  /**
   * Writes a file of any size, making its directories. The file appears under its name when it is whole: a source that
   * fails leaves what was there before. It belongs to the unit's user, or to the owner of what it takes the place of.
   */
  readonly write: (id: string, wish: WriteWish, signal?: AbortSignal) => Promise<{ readonly sizeBytes: number }>;
  /** Makes a directory and those above it. CONFLICT when something has its name. */
  readonly makeDirectory: (id: string, wish: ModeWish, signal?: AbortSignal) => Promise<void>;
  /** Renames. CONFLICT when `to` is taken, unless a file or a link may be overwritten; nothing replaces a directory. */
  readonly move: (id: string, wish: MoveWish, signal?: AbortSignal) => Promise<void>;
  /** Sets the permission bits of a file or a directory. */
  readonly chmod: (id: string, wish: ModeWish, signal?: AbortSignal) => Promise<void>;
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

export type WalkWish = {
  readonly path: string;
  /** 1: what is in the directory itself. @default without end */
  readonly maxDepth?: number;
};

export type ModeWish = {
  readonly path: string;
  /** Permission bits, at most 0o777. */
  readonly mode: number;
};

export type MoveWish = { readonly from: string; readonly to: string; readonly overwrite: boolean };

export type WriteWish = {
  readonly path: string;
  readonly content: AsyncIterable<Uint8Array>;
  /** @default the mode of the file that is there, else 0o644 */
  readonly mode?: number;
  /** The `version` of the file that it takes the place of: CONFLICT when there is another by now. */
  readonly replaces?: string;
};

export type OpenFile = AsyncDisposable & {
  readonly sizeBytes: number;
  /** Another one after each change. */
  readonly version: string;
  /** The bytes from `offset` on, at most `length` of them. To be asked for once. */
  readonly read: (offset: number, length: number) => AsyncIterable<Uint8Array>;
};

/** How changes become known: told by the system as they happen, or seen by looking again and again. */
export type WatchMethod = "inotify" | "polling";

export type TreeWatch = AsyncDisposable & {
  /** `polling` also where the system tells of a part of the directories alone. */
  readonly method: WatchMethod;
  /**
   * Resolves when something may have changed since it was last called, or since the watch began, and at the latest
   * after `ms`; where nobody tells the engine of changes, always then. Never rejects.
   */
  readonly changed: (ms: number) => Promise<void>;
};

export type RootChange = { readonly path: string; readonly change: "created" | "changed" | "removed" };
