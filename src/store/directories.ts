/** How a sandbox works in a directory of the host. */
export type DirectoryUse = {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Whom its programs run as; null where the host has no numeric users. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Others may work in the same directory at one time. */
  readonly shared: boolean;
  /** It belongs to root, and is lent to `user` until the sandbox is removed; null: it is the user's own. */
  readonly loan: DirectoryLoan | null;
  /** What it took before the sandbox was made, which does not count as the sandbox's; null until it is known: then what it took at the first look. */
  readonly bytesBefore: number | null;
};

export type DirectoryLoan = {
  /** What in it was the user's before, as `device:inode`; null until that is known: nothing is lent until then. */
  readonly kept: readonly string[] | null;
};
