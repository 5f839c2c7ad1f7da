import { lstat, stat } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { throwIfCanceled } from "../../base/deadline.ts";
import type { EntryInfo, TreeEntry, WalkWish } from "../engine.ts";
import { Directory, MAX_DEPTH } from "./directory.ts";
import { entryInfo, treeEntry } from "./entry-info.ts";
import { findEntry, type Found } from "./find-entry.ts";
import { errnoOf, missing, noDirectory, treeError } from "./tree-errors.ts";
import type { Tree } from "./tree.ts";

const AT_A_TIME = 16;

/** The entry that was found, itself even where it is a link. */
export async function statOf({ directory, name }: Found): Promise<BigIntStats> {
  return name === undefined ? stat(directory.path, { bigint: true }) : lstat(directory.at(name), { bigint: true });
}

export async function statEntry(tree: Tree, path: string): Promise<EntryInfo> {
  await using found = await findEntry(tree.root, { path, follow: false });
  return entryInfo(path.slice(path.lastIndexOf("/") + 1), await statOf(found));
}

export async function listDirectory(tree: Tree, path: string, signal?: AbortSignal): Promise<readonly EntryInfo[]> {
  await using directory = await openDirectory(tree, path);
  const entries: EntryInfo[] = [];
  for await (const [name, stats] of entriesOf(directory, signal)) entries.push(entryInfo(String(name), stats));
  return entries;
}

/** Each directory before what is in it. */
export async function* walkTree(
  tree: Tree,
  { path, maxDepth = MAX_DEPTH }: WalkWish,
  signal?: AbortSignal,
): AsyncGenerator<TreeEntry, void, undefined> {
  try {
    await using directory = await openDirectory(tree, path);
    yield* below(directory, { above: "", depth: Math.min(maxDepth, MAX_DEPTH) }, signal);
  } catch (error) {
    throw treeError("Reading", path, error);
  }
}

type Level = { readonly above: string; readonly depth: number };

async function* below(
  directory: Directory,
  { above, depth }: Level,
  signal: AbortSignal | undefined,
): AsyncGenerator<TreeEntry, void, undefined> {
  for await (const [name, stats] of entriesOf(directory, signal)) {
    const path = above + String(name);
    yield treeEntry(path, stats);
    if (!stats.isDirectory() || depth <= 1) continue;
    const inner = await directory.enter(name).catch(vanished);
    if (inner === undefined) continue;
    try {
      yield* below(inner, { above: `${path}/`, depth: depth - 1 }, signal);
    } finally {
      await inner[Symbol.asyncDispose]();
    }
  }
}

/** A directory and those below it, as deep as a walk goes, each held open while it is looked at. */
export async function* directoriesOf(
  tree: Tree,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly identity: string; readonly place: string }, void, undefined> {
  await using directory = await openDirectory(tree, path);
  yield* directoriesIn(directory, MAX_DEPTH, signal);
}

async function* directoriesIn(
  directory: Directory,
  depth: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly identity: string; readonly place: string }, void, undefined> {
  const { dev, ino } = await stat(directory.path, { bigint: true });
  yield { identity: `${dev}:${ino}`, place: directory.path };
  if (depth <= 1) return;
  for await (const [name, stats] of entriesOf(directory, signal)) {
    if (!stats.isDirectory()) continue;
    const inner = await directory.enter(name).catch(vanished);
    if (inner === undefined) continue;
    try {
      yield* directoriesIn(inner, depth - 1, signal);
    } finally {
      await inner[Symbol.asyncDispose]();
    }
  }
}

/** What is gone, or no directory any more, by the time that it is looked at. */
function vanished(error: unknown): undefined {
  if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
  throw error;
}

async function* entriesOf(
  directory: Directory,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [Buffer, BigIntStats], void, undefined> {
  const names = await directory.names();
  for (let at = 0; at < names.length; at += AT_A_TIME) {
    throwIfCanceled(signal);
    const batch = names.slice(at, at + AT_A_TIME);
    const looks = await Promise.all(batch.map((name) => lstat(directory.at(name), { bigint: true }).catch(vanished)));
    for (const [index, name] of batch.entries()) {
      const stats = looks[index];
      if (stats !== undefined) yield [name, stats];
    }
  }
}

/** A directory of the tree, links followed. */
export async function openDirectory(tree: Tree, path: string): Promise<Directory> {
  await using found = await findEntry(tree.root, { path, follow: true });
  try {
    // Through the descriptor's own path there is no link to refuse, so it is opened by its dot.
    return await (found.name === undefined
      ? Directory.open(`${found.directory.path}/.`)
      : found.directory.enter(found.name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw missing(path, error);
    if (errnoOf(error) === "ENOTDIR") throw noDirectory(path, error);
    throw error;
  }
}
