import { randomBytes } from "node:crypto";
import { rename, rmdir, unlink } from "node:fs/promises";
import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { MAX_DEPTH, type Directory } from "./directory.ts";
import { findEntry } from "./find-entry.ts";
import { errnoOf } from "./tree-errors.ts";
import type { Tree } from "./tree.ts";

/** The removal of a directory, from where it begins. */
type Removal = {
  readonly top: Directory;
  /** Names in `top` of what was too deep to get to, and waits there. */
  readonly raised: string[];
  readonly signal: AbortSignal | undefined;
};

export async function removeEntry(tree: Tree, path: string, signal?: AbortSignal): Promise<void> {
  await using found = await findEntry(tree.root, { path, follow: false });
  const { directory, name } = found;
  if (name === undefined) {
    throw new MoorageError("PATH_NOT_ALLOWED", `${JSON.stringify(path)} itself cannot be removed, only what is in it.`);
  }
  throwIfCanceled(signal);
  if (await unlinked(directory, name)) return;
  await emptyTop(directory, name, signal);
  await rmdir(directory.at(name));
}

async function emptyTop(parent: Directory, name: string, signal: AbortSignal | undefined): Promise<void> {
  await using top = await parent.enter(name);
  const removal: Removal = { top, raised: [], signal };
  await empty(top, removal, 1);
  for (let raised = removal.raised.pop(); raised !== undefined; raised = removal.raised.pop()) {
    await removeInner({ parent: top, name: raised }, removal, 1);
  }
}

async function empty(directory: Directory, removal: Removal, depth: number): Promise<void> {
  for (const name of await directory.names()) {
    await removeInner({ parent: directory, name }, removal, depth);
  }
}

type Place = { readonly parent: Directory; readonly name: string | Buffer };

async function removeInner(place: Place, removal: Removal, depth: number): Promise<void> {
  throwIfCanceled(removal.signal);
  try {
    if (await unlinked(place.parent, place.name)) return;
    if (depth >= MAX_DEPTH) await raise(place, removal);
    else await removeDirectory(place, removal, depth);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

async function removeDirectory({ parent, name }: Place, removal: Removal, depth: number): Promise<void> {
  {
    await using directory = await parent.enter(name);
    await empty(directory, removal, depth + 1);
  }
  await rmdir(parent.at(name));
}

/** Each level that is gone into is one more descriptor of the server's, so what is deeper is brought up first. */
async function raise({ parent, name }: Place, { top, raised }: Removal): Promise<void> {
  const fresh = `.moorage-${randomBytes(8).toString("hex")}.removed`;
  await rename(parent.at(name), top.at(fresh));
  raised.push(fresh);
}

/** False where it is a directory. */
async function unlinked(parent: Directory, name: string | Buffer): Promise<boolean> {
  try {
    await unlink(parent.at(name));
    return true;
  } catch (error) {
    // Linux answers EISDIR, other systems EPERM.
    if (errnoOf(error) !== "EISDIR" && errnoOf(error) !== "EPERM") throw error;
    return false;
  }
}
