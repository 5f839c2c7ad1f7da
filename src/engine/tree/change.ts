import { chmod, link, lstat, rename, unlink } from "node:fs/promises";
import { MoorageError } from "../../base/errors.ts";
import type { ModeWish, MoveWish } from "../engine.ts";
import { hold, type Directory } from "./directory.ts";
import { findEntry, type Found } from "./find-entry.ts";
import { statOf } from "./look.ts";
import { errnoOf, missing, taken } from "./tree-errors.ts";
import type { Tree } from "./tree.ts";
import { makeOne } from "./write-file.ts";

const DIRECTORY_MODE = 0o755;

export async function makeDirectory(tree: Tree, { path, mode }: ModeWish): Promise<void> {
  const make = (parent: Directory, name: string): Promise<void> =>
    makeOne(tree, parent, { name, mode: DIRECTORY_MODE });
  await using found = await findEntry(tree.root, { path, follow: false, make });
  if (found.name === undefined) throw taken(path);
  await makeOne(tree, found.directory, { name: found.name, mode });
}

export async function changeMode(tree: Tree, { path, mode }: ModeWish): Promise<void> {
  await using found = await findEntry(tree.root, { path, follow: true });
  if (found.name === undefined) return await chmod(found.directory.path, mode);
  const handle = await hold(found.directory.at(found.name));
  try {
    // Through the descriptor: of a link that has just been put there the mode cannot be set.
    await chmod(`/proc/self/fd/${handle.fd}`, mode);
  } finally {
    await handle.close();
  }
}

export async function moveEntry(tree: Tree, { from, to, overwrite }: MoveWish): Promise<void> {
  await using source = await findEntry(tree.root, { path: from, follow: false });
  await using target = await findEntry(tree.root, { path: to, follow: false });
  const [old, next] = [named(source, from), named(target, to)];
  const moved = await statOf(source).catch((error: unknown) => {
    throw errnoOf(error) === "ENOENT" ? missing(from, error) : error;
  });
  if (moved.isDirectory() || overwrite) {
    await refuseTaken(next, { to, overwrite: overwrite && !moved.isDirectory() });
    return await rename(old, next).catch((error: unknown) => {
      throw errnoOf(error) === "EINVAL" ? intoItself(from, to) : error;
    });
  }
  // Unlike a rename, a link replaces nothing.
  await link(old, next);
  await unlink(old);
}

function named({ directory, name }: Found, path: string): string {
  if (name !== undefined) return directory.at(name);
  throw new MoorageError("PATH_NOT_ALLOWED", `${JSON.stringify(path)} is the workspace itself, which cannot be moved.`);
}

async function refuseTaken(
  place: string,
  { to, overwrite }: { readonly to: string; readonly overwrite: boolean },
): Promise<void> {
  const there = await lstat(place).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (there !== undefined && (!overwrite || there.isDirectory())) throw taken(to);
}

function intoItself(from: string, to: string): MoorageError {
  return new MoorageError(
    "INVALID_INPUT",
    `${JSON.stringify(from)} cannot be moved into itself, to ${JSON.stringify(to)}.`,
  );
}
