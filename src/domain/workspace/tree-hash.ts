import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";

const MAX_ENTRIES = 20_000;
const MAX_BYTES = 1024 ** 3;

type Walk = { readonly hash: Hash; entriesLeft: number; bytesLeft: number };

/** A name need not be UTF-8: it is opened by its bytes, and told as latin1, which has a character for each. */
type Place = { readonly path: Buffer; readonly told: string };

/**
 * SHA-256 over names, kinds, execute bits and contents of everything below `path`, in the order of the names' bytes;
 * symlinks count by their target and are not followed. Null when the tree is too large to measure (20,000 entries,
 * 1 GiB) or cannot be read.
 */
export async function treeHash(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await addDirectory({ hash, entriesLeft: MAX_ENTRIES, bytesLeft: MAX_BYTES }, { path: Buffer.from(path), told: "" });
  } catch (error) {
    if (error instanceof RangeError || isFileError(error)) return null;
    throw error;
  }
  return `sha256:${hash.digest("hex")}`;
}

async function addDirectory(walk: Walk, { path, told }: Place): Promise<void> {
  const names = await readdir(path, { encoding: "buffer" });
  for (const name of names.toSorted((a, b) => Buffer.compare(a, b))) {
    walk.entriesLeft -= 1;
    if (walk.entriesLeft < 0) throw new RangeError("too many entries");
    const text = name.toString("latin1");
    await addEntry(walk, {
      path: Buffer.concat([path, Buffer.from("/"), name]),
      told: told === "" ? text : `${told}/${text}`,
    });
  }
}

async function addEntry(walk: Walk, place: Place): Promise<void> {
  const { path, told } = place;
  const info = await lstat(path);
  const say = (kind: string, detail: string | number): void => {
    walk.hash.update(`${JSON.stringify([kind, told, detail])}\n`);
  };
  if (info.isDirectory()) {
    say("directory", 0);
    await addDirectory(walk, place);
  } else if (info.isSymbolicLink()) {
    say("symlink", (await readlink(path, { encoding: "buffer" })).toString("latin1"));
  } else if (info.isFile()) {
    say((info.mode & 0o111) === 0 ? "file" : "executable", info.size);
    await addContent(walk, path);
  } else {
    say("other", 0);
  }
}

async function addContent(walk: Walk, path: Buffer): Promise<void> {
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
