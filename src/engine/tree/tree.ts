import { chown } from "node:fs/promises";

/** A unit's workspace as a directory of this host. */
export type Tree = {
  /** The directory that the unit sees as `/workspace`; no part of it can be changed by the unit. */
  readonly root: string;
  /** Whom new files belong to; undefined where this process may give nothing away, and is that user itself. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
};

/** Gives an entry of ours away; `path` is one through a descriptor. */
export async function giveAway(path: string, { owner }: Tree): Promise<void> {
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
}
