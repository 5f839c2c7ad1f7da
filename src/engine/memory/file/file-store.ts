export type Owner = { readonly uid: number; readonly gid: number };

export type StoredEntry = {
  readonly type: "file" | "directory" | "symlink";
  readonly mode: number;
  readonly owner: Owner;
  readonly modifiedAt: number;
  readonly sizeBytes: number;
  /** Of a symlink, as it was written. */
  readonly target: string | null;
};

/** How a new entry looks; the time is now unless given. */
export type EntryWish = { readonly mode: number; readonly owner: Owner; readonly modifiedAt?: number };

/**
 * A tree of files. Every path is absolute, normalised and physical: no store follows links, `resolvePath` does. Writing
 * over an entry of another type, or below something that is no directory, throws a FileProblem.
 */
export type FileStore = {
  readonly stat: (path: string) => Promise<StoredEntry | undefined>;
  readonly names: (path: string) => Promise<readonly string[]>;
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly write: (path: string, data: Uint8Array, wish: EntryWish) => Promise<void>;
  readonly makeDirectory: (path: string, wish: EntryWish) => Promise<void>;
  readonly link: (target: string, path: string, owner: Owner) => Promise<void>;
  /** Sets the permission bits of a file or a directory. */
  readonly setMode: (path: string, mode: number) => Promise<void>;
  /** Gives an entry another path, in the place of a file or link that may be there. */
  readonly rename: (from: string, to: string) => Promise<void>;
  /** Removes a file, a link or a whole tree; absent ones are no error. */
  readonly remove: (path: string) => Promise<void>;
};

/** What a program is told when a path does not do; it ends a built-in program with 1. */
export class FileProblem extends Error {
  constructor(path: string, what: string) {
    super(`${path}: ${what}`);
    this.name = "FileProblem";
  }
}
