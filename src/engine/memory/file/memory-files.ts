import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { EntryInfo, UnitFiles } from "../../engine.ts";
import { confined } from "./confined.ts";
import type { StoredEntry } from "./file-store.ts";
import type { MemoryUnit } from "../memory-host.ts";
import { treeToTar } from "./tar-out.ts";
import { unpackTar } from "./tar-in.ts";

/** The unit that a method is for, or its refusal. */
type OpenUnit = (method: keyof UnitFiles, id: string, signal: AbortSignal | undefined) => Promise<MemoryUnit>;

/** Files of the units that `open` gives. */
export function createMemoryFiles(open: OpenUnit): UnitFiles {
  return {
    list: async (id, path, signal) => {
      const unit = await open("list", id, signal);
      const { files } = unit;
      const { at, entry } = await existing(unit, path, true);
      if (entry.type !== "directory")
        throw new MoorageError("INVALID_INPUT", `${path} is a ${entry.type}, not a directory.`);
      const entries: EntryInfo[] = [];
      for (const name of (await files.names(at)).toSorted()) {
        const child = await files.stat(`${at}/${name}`);
        if (child !== undefined) entries.push(described(name, child));
      }
      return entries;
    },
    stat: async (id, path, signal) => {
      const { entry } = await existing(await open("stat", id, signal), path, false);
      return described(posix.basename(path), entry);
    },
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
      const { at } = await existing(unit, path, false);
      if (at === "/workspace") throw new MoorageError("PATH_NOT_ALLOWED", "The workspace itself cannot be removed.");
      await unit.files.remove(at);
    },
  };
}

async function existing(unit: MemoryUnit, path: string, followLast: boolean) {
  const at = await confined(unit, path, followLast);
  const entry = await unit.files.stat(at);
  if (entry === undefined) throw new MoorageError("FILE_NOT_FOUND", `There is no ${path} in the unit ${unit.id}.`);
  return { at, entry };
}

function described(name: string, { type, sizeBytes, mode, modifiedAt }: StoredEntry): EntryInfo {
  return { name, type, sizeBytes, mode, modifiedAt };
}
