import type { UnitFiles } from "../engine.ts";
import { changeMode, makeDirectory, moveEntry } from "./change.ts";
import { listDirectory, statEntry, walkTree } from "./look.ts";
import { openFile } from "./open-file.ts";
import { removeEntry } from "./remove-entry.ts";
import { treeError } from "./tree-errors.ts";
import type { Tree } from "./tree.ts";
import { watchTree } from "./watch-tree.ts";
import { writeFile } from "./write-file.ts";

/** What is done on a workspace that is a directory of this host. */
export type TreeFiles = Omit<UnitFiles, "download" | "upload" | "rootChanges">;

/** Files of the units whose trees `treeOf` finds, without a program or an engine in between. */
export function createTreeFiles(treeOf: (id: string, signal?: AbortSignal) => Promise<Tree>): TreeFiles {
  return {
    list: async (id, path, signal) => told("Reading", path, listDirectory(await treeOf(id, signal), path, signal)),
    stat: async (id, path, signal) => told("Reading", path, statEntry(await treeOf(id, signal), path)),
    walk: async function* (id, wish, signal) {
      yield* walkTree(await treeOf(id, signal), wish, signal);
    },
    watch: async (id, path, signal) => told("Watching", path, watchTree(await treeOf(id, signal), path, signal)),
    open: async (id, path, signal) => told("Reading", path, openFile(await treeOf(id, signal), path, signal)),
    write: async (id, wish, signal) => told("Writing", wish.path, writeFile(await treeOf(id, signal), wish, signal)),
    makeDirectory: async (id, wish, signal) => told("Making", wish.path, makeDirectory(await treeOf(id, signal), wish)),
    move: async (id, wish, signal) => told("Moving to", wish.to, moveEntry(await treeOf(id, signal), wish)),
    chmod: async (id, wish, signal) => told("Changing", wish.path, changeMode(await treeOf(id, signal), wish)),
    remove: async (id, path, signal) => told("Removing", path, removeEntry(await treeOf(id, signal), path, signal)),
  };
}

async function told<T>(doing: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw treeError(doing, path, error);
  }
}
