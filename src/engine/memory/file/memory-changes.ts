import { posix } from "node:path";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { sha256 } from "../../../base/sha256.ts";
import type { ModeWish, MoveWish, OpenFile, WriteWish } from "../../engine.ts";
import { changedMeanwhile, missing, noDirectory, noFile, taken } from "../../tree/tree-errors.ts";
import type { MemoryUnit } from "../memory-host.ts";
import { confined } from "./confined.ts";
import type { StoredEntry } from "./file-store.ts";

const DIRECTORY_MODE = 0o755;
const FILE_MODE = 0o644;
const PERMISSIONS = 0o777;

export async function openFile(unit: MemoryUnit, path: string): Promise<OpenFile> {
  const data = await unit.alone(async () => {
    const at = await confined(unit, path, true);
    const entry = await unit.files.stat(at);
    if (entry === undefined) throw missing(path);
    if (entry.type !== "file") throw noFile(path);
    return unit.files.read(at);
  });
  return {
    sizeBytes: data.byteLength,
    version: versionOf(data),
    read: async function* (offset, length) {
      yield await Promise.resolve(data.slice(offset, offset + length));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export async function writeFile(
  unit: MemoryUnit,
  { path, content, mode, replaces }: WriteWish,
  signal: AbortSignal | undefined,
): Promise<{ readonly sizeBytes: number }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) {
    throwIfCanceled(signal);
    chunks.push(Uint8Array.from(chunk));
  }
  const data = Buffer.concat(chunks);
  await unit.alone(async () => {
    const at = await target(unit, path, replaces !== undefined);
    const before = await unit.files.stat(at);
    if (before?.type === "directory") throw noFile(path);
    if (replaces !== undefined) await refuseChanged(unit, { at, path, before, replaces });
    const kept = before?.type === "file" ? before : { mode: FILE_MODE, owner: unit.user };
    await unit.files.remove(at);
    await unit.files.write(at, data, { mode: mode ?? kept.mode & PERMISSIONS, owner: kept.owner });
  });
  return { sizeBytes: data.length };
}

export function makeDirectory(unit: MemoryUnit, { path, mode }: ModeWish): Promise<void> {
  return unit.alone(async () => {
    const at = await target(unit, path, false);
    if ((await unit.files.stat(at)) !== undefined) throw taken(path);
    await unit.files.makeDirectory(at, { mode, owner: unit.user });
  });
}

export function changeMode(unit: MemoryUnit, { path, mode }: ModeWish): Promise<void> {
  return unit.alone(async () => {
    const at = await confined(unit, path, true);
    if ((await unit.files.stat(at)) === undefined) throw missing(path);
    await unit.files.setMode(at, mode);
  });
}

export function moveEntry(unit: MemoryUnit, { from, to, overwrite }: MoveWish): Promise<void> {
  return unit.alone(async () => {
    const [old, next] = [await confined(unit, from, false), await confined(unit, to, false)];
    const moved = await unit.files.stat(old);
    if (moved === undefined) throw missing(from);
    const parent = await unit.files.stat(posix.dirname(next));
    if (parent === undefined) throw missing(to);
    if (parent.type !== "directory") throw noDirectory(to);
    if (next.startsWith(`${old}/`)) {
      throw new MoorageError("INVALID_INPUT", `${JSON.stringify(from)} cannot be moved into itself.`);
    }
    const there = await unit.files.stat(next);
    if (there !== undefined && (!overwrite || there.type === "directory" || moved.type === "directory")) {
      throw taken(to);
    }
    await unit.files.rename(old, next);
  });
}

/** The physical path of what is to be written, its directories made. */
async function target(unit: MemoryUnit, path: string, follow: boolean): Promise<string> {
  const at = await confined(unit, path, follow);
  if (at === "/workspace") throw taken(path);
  await makeParents(unit, posix.dirname(at), path);
  return at;
}

async function makeParents(unit: MemoryUnit, at: string, path: string): Promise<void> {
  const there = await unit.files.stat(at);
  if (there?.type === "directory") return;
  if (there !== undefined) throw noDirectory(path);
  await makeParents(unit, posix.dirname(at), path);
  await unit.files.makeDirectory(at, { mode: DIRECTORY_MODE, owner: unit.user });
}

type Replacing = {
  readonly at: string;
  readonly path: string;
  readonly before: StoredEntry | undefined;
  readonly replaces: string;
};

async function refuseChanged(unit: MemoryUnit, { at, path, before, replaces }: Replacing): Promise<void> {
  if (before?.type !== "file" || versionOf(await unit.files.read(at)) !== replaces) throw changedMeanwhile(path);
}

function versionOf(data: Uint8Array): string {
  return sha256(data);
}
