import { constants, type BigIntStats } from "node:fs";
import { lstat, open, type FileHandle } from "node:fs/promises";
import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { OpenFile } from "../engine.ts";
import { versionOf } from "./entry-info.ts";
import { findEntry } from "./find-entry.ts";
import { noFile, treeError } from "./tree-errors.ts";
import type { Tree } from "./tree.ts";

const PIECE_BYTES = 256 * 1024;
// A pipe that was put in the file's place must not keep us waiting for its writer.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

export async function openFile(tree: Tree, path: string, signal?: AbortSignal): Promise<OpenFile> {
  const { handle, stats } = await opened(tree, path);
  const sizeBytes = Number(stats.size);
  return {
    sizeBytes,
    version: versionOf(stats),
    read: (offset, length) => pieces({ handle, path, signal }, offset, Math.min(offset + length, sizeBytes)),
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function opened(tree: Tree, path: string): Promise<{ handle: FileHandle; stats: BigIntStats }> {
  await using found = await findEntry(tree.root, { path, follow: true });
  if (found.name === undefined) throw noFile(path);
  const place = found.directory.at(found.name);
  // Opening a device may do something: it is looked at before as well as after.
  if (!(await lstat(place)).isFile()) throw noFile(path);
  const handle = await open(place, READ);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw noFile(path);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

type Reading = { readonly handle: FileHandle; readonly path: string; readonly signal: AbortSignal | undefined };

async function* pieces({ handle, path, signal }: Reading, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to;) {
    throwIfCanceled(signal);
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, to - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at).catch((error: unknown) => {
      throw treeError("Reading", path, error);
    });
    if (bytesRead === 0) {
      throw new MoorageError("ENGINE_FAILED", `${JSON.stringify(path)} became shorter while it was read.`, {
        hint: "Read it again.",
      });
    }
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
