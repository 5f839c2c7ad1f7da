import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { EntryInfo, TreeEntry, UnitFiles } from "../../engine.ts";
import { pollingWatch } from "../../tree/polling.ts";
import { confined } from "./confined.ts";
import type { StoredEntry } from "./file-store.ts";
import type { MemoryUnit } from "../memory-host.ts";
import { changeMode, makeDirectory, moveEntry, openFile, writeFile } from "./memory-changes.ts";
import { treeToTar } from "./tar-out.ts";
import { unpackTar } from "./tar-in.ts";

/** The unit that a method is for, or its refusal. */
type OpenUnit = (method: keyof UnitFiles, id: string, signal: AbortSignal | undefined) => Promise<MemoryUnit>;

/** Files of the units that `open` gives. What takes its content from a caller gathers it before it is alone. */
export function createMemoryFiles(open: OpenUnit): UnitFiles {
  return {
    list: async (id, path, signal) => {
      const unit = await open("list", id, signal);
      return unit.alone(() => listDirectory(unit, path));
    },
    stat: async (id, path, signal) => {
      const unit = await open("stat", id, signal);
      const { entry } = await unit.alone(() => existing(unit, path, false));
      return described(posix.basename(path), entry);
    },
    walk: async function* (id, { path, maxDepth }, signal) {
      const unit = await open("walk", id, signal);
      yield* await unit.alone(async () => {
        const { at } = await directoryAt(unit, path);
        return below(unit, at, { above: "", depth: maxDepth ?? Number.POSITIVE_INFINITY });
      });
    },
    watch: async (id, path, signal) => {
      const unit = await open("watch", id, signal);
      await unit.alone(() => directoryAt(unit, path));
      return pollingWatch(signal);
    },
    rootChanges: async (id, signal) => {
      await open("rootChanges", id, signal);
      return undefined;
    },
    open: async (id, path, signal) => openFile(await open("open", id, signal), path),
    write: async (id, wish, signal) => writeFile(await open("write", id, signal), wish, signal),
    makeDirectory: async (id, wish, signal) => makeDirectory(await open("makeDirectory", id, signal), wish),
    move: async (id, wish, signal) => moveEntry(await open("move", id, signal), wish),
    chmod: async (id, wish, signal) => changeMode(await open("chmod", id, signal), wish),
    download: async function* (id, path, signal) {
      const unit = await open("download", id, signal);
      const { at } = await existing(unit, path, true);
      yield* treeToTar(unit.files, at, posix.basename(path));
    },
    upload: async (id, { path, tar }, signal) => {
      const unit = await open("upload", id, signal);
      await unpackTar(unit, await confined(unit, path, true), tar);
    },
    remove: async (id, path, signal) => {
      const unit = await open("remove", id, signal);
      await unit.alone(async () => {
        const { at } = await existing(unit, path, false);
        if (at === "/workspace") throw new MoorageError("PATH_NOT_ALLOWED", "The workspace itself cannot be removed.");
        await unit.files.remove(at);
      });
    },
  };
}

async function existing(unit: MemoryUnit, path: string, followLast: boolean) {
  const at = await confined(unit, path, followLast);
  const entry = await unit.files.stat(at);
  if (entry === undefined) throw new MoorageError("FILE_NOT_FOUND", `There is no ${path} in the sandbox ${unit.id}.`);
  return { at, entry };
}

async function directoryAt(unit: MemoryUnit, path: string) {
  const { at, entry } = await existing(unit, path, true);
  if (entry.type === "directory") return { at, entry };
  throw new MoorageError("INVALID_INPUT", `${path} is a ${entry.type}, not a directory.`);
}

async function listDirectory(unit: MemoryUnit, path: string): Promise<readonly EntryInfo[]> {
  const { at } = await directoryAt(unit, path);
  const entries = await below(unit, at, { above: "", depth: 1 });
  return entries.map(({ path: _path, changedAt: _changedAt, identity: _identity, ...entry }) => entry);
}

type Level = { readonly above: string; readonly depth: number };

async function below(unit: MemoryUnit, at: string, { above, depth }: Level): Promise<TreeEntry[]> {
  const names = (await unit.files.names(at)).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const entries: TreeEntry[] = [];
  for (const name of names) {
    const child = await unit.files.stat(`${at}/${name}`);
    if (child === undefined) continue;
    const path = above + name;
    entries.push({ ...described(name, child), path, changedAt: child.modifiedAt, identity: null });
    if (child.type !== "directory" || depth <= 1) continue;
    entries.push(...(await below(unit, `${at}/${name}`, { above: `${path}/`, depth: depth - 1 })));
  }
  return entries;
}

function described(name: string, { type, sizeBytes, mode, modifiedAt }: StoredEntry): EntryInfo {
  return { name, type, sizeBytes, mode, modifiedAt };
}
