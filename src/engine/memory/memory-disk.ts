import { posix } from "node:path";
import type { EngineDisk, Workspace } from "../engine.ts";
import { takenBytes } from "../tree/taken-bytes.ts";
import type { FileStore } from "./file/file-store.ts";
import type { MemoryHost, MemoryUnit } from "./memory-host.ts";

type FindUnit = (method: keyof EngineDisk, id: string, signal?: AbortSignal) => Promise<MemoryUnit | undefined>;

const WORKSPACE = "/workspace";

/** In memory the length of a file stands for what it would take. */
export function createMemoryDisk(find: FindUnit, host: MemoryHost): EngineDisk {
  return {
    room: async (signal) => {
      await find("room", "", signal);
      return host.room ?? null;
    },
    use: async (id, signal) => {
      const unit = await find("use", id, signal);
      if (unit === undefined) return undefined;
      const { files, spec } = unit;
      const inWorkspace = await lengths(files, WORKSPACE);
      return {
        rootBytes: Math.max(0, (await lengths(files, "/")) - inWorkspace - unit.givenBytes),
        workspaceBytes: await workspaceUse(spec.workspace, inWorkspace, signal),
      };
    },
    directory: async (path, signal) => {
      await find("directory", path, signal);
      return directory(path, signal);
    },
  };
}

async function workspaceUse(workspace: Workspace, inWorkspace: number, signal?: AbortSignal): Promise<number | null> {
  if (workspace.type === "memory") return 0;
  return workspace.type === "host" ? directory(workspace.path, signal) : inWorkspace;
}

async function directory(path: string, signal?: AbortSignal): Promise<number | null> {
  return (await takenBytes([path], signal))[0] ?? null;
}

/** What a unit's root has from the start. */
export async function givenBytes(files: FileStore): Promise<number> {
  return (await lengths(files, "/")) - (await lengths(files, WORKSPACE));
}

async function lengths(files: FileStore, path: string): Promise<number> {
  const entry = await files.stat(path);
  if (entry?.type !== "directory") return entry?.sizeBytes ?? 0;
  let sum = 0;
  for (const name of await files.names(path)) sum += await lengths(files, posix.join(path, name));
  return sum;
}
