/** What of an image's sources goes to the builder. `path` is relative, its parts joined by "/", none of them "." or "..". */
export type Entry = FileEntry | DirectoryEntry | LinkEntry;

type Common = {
  readonly path: string;
  /** Permission bits alone: no set-user-id, no set-group-id, no sticky bit. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
};

export type FileEntry = Common & {
  readonly type: "file";
  /** When it was looked at; one that is read may have become larger or smaller. */
  readonly sizeBytes: number;
  /** What is given here is its content, whatever its source has. */
  readonly bytes?: Uint8Array;
};

export type DirectoryEntry = Common & { readonly type: "directory" };

export type LinkEntry = Common & { readonly type: "symlink"; readonly target: string };

/** What was found and cannot go to a builder, and why, in words that follow its name. */
export type Misfit = { readonly path: string; readonly type: "misfit"; readonly reason: string };

export type Found = Entry | Misfit;

/** A file that is being read: whole, or in pieces that are `sizeBytes` together. */
export type Opened = AsyncDisposable & {
  readonly sizeBytes: number;
  /** Fills the buffer from where the last call ended, and answers how many bytes; less only at the end. */
  readonly fill: (buffer: Uint8Array) => Promise<number>;
};

/** Where entries come from. */
export type Source = AsyncDisposable & {
  /** The bytes of a file, links inside followed; undefined where there is no such file. LIMIT_EXCEEDED above `most`. */
  readonly content: (path: string, most: number) => Promise<Uint8Array | undefined>;
  /** Everything, each directory before what is in it; `enters` is asked about each directory. */
  readonly walk: (wish: Walk) => AsyncIterable<Found>;
  /** Undefined where it is gone by now. */
  readonly open: (entry: FileEntry) => Promise<Opened | undefined>;
};

export type Walk = {
  readonly enters: (directory: string) => boolean;
  readonly signal?: AbortSignal | undefined;
};

/** The directory that a path is in; "" for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
