import { randomBytes } from "node:crypto";
import { constants, type BigIntStats } from "node:fs";
import { chmod, lstat, mkdir, open, rename, unlink, type FileHandle } from "node:fs/promises";
import { throwIfCanceled } from "../../base/deadline.ts";
import type { WriteWish } from "../engine.ts";
import type { Directory } from "./directory.ts";
import { versionOf } from "./entry-info.ts";
import { findEntry } from "./find-entry.ts";
import { changedMeanwhile, errnoOf, noFile } from "./tree-errors.ts";
import { giveAway, type Tree } from "./tree.ts";

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;
const PERMISSIONS = 0o777n;

/** Writes beside the file, then takes its place. */
export async function writeFile(tree: Tree, wish: WriteWish, signal?: AbortSignal): Promise<{ sizeBytes: number }> {
  const make = (parent: Directory, name: string): Promise<void> =>
    makeOne(tree, parent, { name, mode: DIRECTORY_MODE });
  // A link is followed only where a file that has been read is to be replaced; else the new file takes its place.
  const follow = wish.replaces !== undefined;
  await using found = await findEntry(tree.root, { path: wish.path, follow, make });
  const { directory, name } = found;
  if (name === undefined) throw noFile(wish.path);
  const before = await presentStats(directory.at(name));
  if (before?.isDirectory()) throw noFile(wish.path);
  const part = directory.at(`.moorage-${randomBytes(8).toString("hex")}.part`);
  const handle = await open(part, CREATE, 0o600);
  try {
    const sizeBytes = await fill(handle, wish.content, signal);
    await dress(handle, { tree, wish, before });
    await refuseChanged(wish, await presentStats(directory.at(name)));
    await rename(part, directory.at(name));
    return { sizeBytes };
  } catch (error) {
    await unlink(part).catch(absent);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Makes one directory that belongs to the unit's user; one that is there already is left as it is. */
export async function makeOne(
  tree: Tree,
  parent: Directory,
  { name, mode }: { readonly name: string; readonly mode: number },
): Promise<void> {
  await mkdir(parent.at(name), { mode });
  await using made = await parent.enter(name);
  await giveAway(made.path, tree);
  // The mode of mkdir is cut by the umask.
  await chmod(made.path, mode);
}

async function fill(
  handle: FileHandle,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<number> {
  let sizeBytes = 0;
  for await (const chunk of content) {
    throwIfCanceled(signal);
    for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
    sizeBytes += chunk.length;
  }
  throwIfCanceled(signal);
  return sizeBytes;
}

type Dress = { readonly tree: Tree; readonly wish: WriteWish; readonly before: BigIntStats | undefined };

async function dress(handle: FileHandle, { tree, wish, before }: Dress): Promise<void> {
  const kept = before?.isFile() === true ? before : undefined;
  if (tree.owner !== undefined) {
    const { uid, gid } = kept === undefined ? tree.owner : { uid: Number(kept.uid), gid: Number(kept.gid) };
    await handle.chown(uid, gid);
  }
  // Without what lets others act as its owner: as the system does with a file that is written to.
  await handle.chmod(wish.mode ?? (kept === undefined ? FILE_MODE : Number(kept.mode & PERMISSIONS)));
}

async function refuseChanged({ replaces, path }: WriteWish, now: BigIntStats | undefined): Promise<void> {
  if (replaces === undefined) return;
  if (now === undefined || versionOf(now) !== replaces) throw changedMeanwhile(path);
}

async function presentStats(place: string): Promise<BigIntStats | undefined> {
  return lstat(place, { bigint: true }).catch(absent);
}

function absent(error: unknown): undefined {
  if (errnoOf(error) === "ENOENT") return undefined;
  throw error;
}
