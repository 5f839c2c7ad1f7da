import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

const MAX_ENTRIES = 20_000;
const MAX_BYTES = 1024 ** 3;

type Walk = { readonly hash: Hash; readonly root: string; entriesLeft: number; bytesLeft: number };

/**
 * SHA-256 over names, kinds, execute bits and contents of everything below `path`, in the order of the names' bytes;
 * symlinks count by their target and are not followed. Null when the tree is too large to measure (20,000 entries,
 * 1 GiB) or cannot be read.
 */
export async function treeHash(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await addDirectory({ hash, root: path, entriesLeft: MAX_ENTRIES, bytesLeft: MAX_BYTES }, "");
  } catch (error) {
    if (error instanceof RangeError || isFileError(error)) return null;
    throw error;
  }
  return `sha256:${hash.digest("hex")}`;
}

async function addDirectory(walk: Walk, relative: string): Promise<void> {
  const names = await readdir(join(walk.root, relative));
  for (const name of names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    walk.entriesLeft -= 1;
    if (walk.entriesLeft < 0) throw new RangeError("too many entries");
    await addEntry(walk, relative === "" ? name : `${relative}/${name}`);
  }
}

async function addEntry(walk: Walk, relative: string): Promise<void> {
  const path = join(walk.root, relative);
  const info = await lstat(path);
  const say = (kind: string, detail: string | number): void => {
    walk.hash.update(`${JSON.stringify([kind, relative, detail])}\n`);
  };
  if (info.isDirectory()) {
    say("directory", 0);
    await addDirectory(walk, relative);
  } else if (info.isSymbolicLink()) {
    say("symlink", await readlink(path));
  } else if (info.isFile()) {
    say((info.mode & 0o111) === 0 ? "file" : "executable", info.size);
    await addContent(walk, path);
  } else {
    say("other", 0);
  }
}

async function addContent(walk: Walk, path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
    walk.bytesLeft -= chunk.length;
    if (walk.bytesLeft < 0) throw new RangeError("too many bytes");
    walk.hash.update(chunk);
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
