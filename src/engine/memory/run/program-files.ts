import { posix } from "node:path";
import { FileProblem, type FileStore, type Owner } from "../file/file-store.ts";
import type { MemoryUnit } from "../memory-host.ts";
import type { ProgramFiles } from "./program.ts";
import { resolvePath } from "../file/resolve-path.ts";

type Program = {
  readonly user: Owner;
  readonly cwd: string;
  /** Throws when the program has been ended. */
  readonly alive: () => void;
};

/** Files of a unit as a program of this user sees them. */
export function programFiles(unit: MemoryUnit, { user, cwd, alive }: Program): ProgramFiles {
  const { files: store, alone } = unit;
  const physical = async (path: string, followLast: boolean): Promise<string> => {
    alive();
    return resolvePath(store, posix.resolve(cwd, path), followLast);
  };
  const writable = async (path: string, followLast: boolean): Promise<string> => {
    const at = await physical(path, followLast);
    if (!mayWrite(unit, user, at)) throw new FileProblem(path, "read-only file system");
    alive();
    return at;
  };
  return {
    read: (path) => alone(async () => store.read(await physical(path, true))),
    write: (path, data) =>
      alone(async () => {
        const at = await writable(path, true);
        const bytes = Buffer.from(data);
        await checkRoom(unit, at, bytes.byteLength);
        await store.write(at, bytes, { mode: 0o644, owner: user });
      }),
    link: (target, path) => alone(async () => store.link(target, await writable(path, false), user)),
    makeDirectory: (path) =>
      alone(async () => {
        const at = await writable(path, false);
        if ((await store.stat(at))?.type === "directory") return;
        await store.makeDirectory(at, { mode: 0o755, owner: user });
      }),
    remove: (path) => alone(async () => store.remove(await writable(path, false))),
    owner: (path) =>
      alone(async () => {
        const entry = await store.stat(await physical(path, true));
        if (entry === undefined) throw new FileProblem(path, "no such file");
        return entry.owner;
      }),
  };
}

function mayWrite({ spec, env }: MemoryUnit, user: Owner, path: string): boolean {
  if (spec.writableRoot && user.uid === 0) return true;
  const places = ["/workspace", "/tmp", "/run", env["HOME"] ?? "/tmp"];
  return places.some((place) => path.startsWith(`${place}/`));
}

// A workspace in memory has a size of its own and counts against the unit's memory.
async function checkRoom({ files, spec }: MemoryUnit, path: string, bytes: number): Promise<void> {
  if (spec.workspace.type !== "memory" || !path.startsWith("/workspace/")) return;
  const room = Math.min(spec.workspace.sizeBytes, spec.limits.memoryBytes);
  const others = (await usedBytes(files, "/workspace")) - ((await files.stat(path))?.sizeBytes ?? 0);
  if (others + bytes > room) throw new FileProblem(path, "no space left on device");
}

async function usedBytes(store: FileStore, path: string): Promise<number> {
  const entry = await store.stat(path);
  if (entry?.type !== "directory") return entry?.sizeBytes ?? 0;
  const names = await store.names(path);
  const sizes = await Promise.all(names.map((name) => usedBytes(store, `${path}/${name}`)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
