import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import { openDirectorySource } from "../directory-source.ts";
import type { FileEntry, Source } from "../entry.ts";

const PARTS = /^(?:HEAD|packed-refs|shallow|(?:objects|refs)(?:\/.*)?)$/;
const PIECE_BYTES = 256 * 1024;

export type Copying = {
  /** The real path of a repository on this host: its own directory, or the one above its `.git`. */
  readonly from: string;
  /** A repository that was just made. */
  readonly to: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
};

/**
 * Copies what a repository has, so that Git never works in a directory of somebody else: a link in it could lead it to
 * any other repository, and its settings could name programs.
 */
export async function copyRepository({ from, to, maxBytes, signal }: Copying): Promise<void> {
  await using outer = await openDirectorySource(from);
  await using inner = (await outer.content("HEAD", 4096)) === undefined ? await insideOf(from) : undefined;
  const source = inner ?? outer;
  let bytes = 0;
  const enters = (path: string): boolean => PARTS.test(path);
  for await (const entry of source.walk({ enters, signal })) {
    if (!PARTS.test(entry.path)) continue;
    if (entry.path === "objects/info/alternates") throw refused(from, "borrows objects of another one");
    if (entry.type === "symlink") throw refused(from, `has the link ${JSON.stringify(entry.path)} in it`);
    if (entry.type === "misfit") throw refused(from, `has ${JSON.stringify(entry.path)} in it, which ${entry.reason}`);
    if (entry.type === "directory") {
      await mkdir(join(to, entry.path), { recursive: true });
      continue;
    }
    bytes += entry.sizeBytes;
    if (bytes > maxBytes) throw tooLarge(from, maxBytes);
    await copyFile(source, { entry, to, signal });
  }
}

async function insideOf(from: string): Promise<Source> {
  try {
    return await openDirectorySource(join(from, ".git"));
  } catch (error) {
    const message = `There is no Git repository in ${JSON.stringify(from)}.`;
    throw new MoorageError("REPOSITORY_NOT_FOUND", message, {
      hint: "Name the directory that has `.git` as a directory of its own, or a bare repository.",
      cause: error,
    });
  }
}

type Copy = { readonly entry: FileEntry; readonly to: string; readonly signal: AbortSignal };

async function copyFile(source: Source, { entry, to, signal }: Copy): Promise<void> {
  await using opened = await source.open(entry);
  if (opened === undefined) return;
  const path = join(to, entry.path);
  await mkdir(dirname(path), { recursive: true });
  await using file = await open(path, "w", 0o600);
  const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(opened.sizeBytes, 1)));
  for (let length = await opened.fill(buffer); length > 0; length = await opened.fill(buffer)) {
    throwIfCanceled(signal);
    await file.writeFile(buffer.subarray(0, length));
  }
}

function refused(from: string, problem: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `The repository ${JSON.stringify(from)} ${problem}.`, {
    hint: "Clone it, and name the clone; or stage the directory itself with `path`.",
  });
}

function tooLarge(from: string, maxBytes: number): MoorageError {
  const message = `The repository ${JSON.stringify(from)} has more than ${formatBytes(maxBytes)} with its history.`;
  return new MoorageError("LIMIT_EXCEEDED", message, {
    hint: "Stage the directory itself with `path`, or raise build.context.maxBytes in moorage.config.json.",
    details: { maxBytes },
  });
}
