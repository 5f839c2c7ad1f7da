import { constants, existsSync, type Stats } from "node:fs";
import { lstat, open, readdir, readlink, type FileHandle } from "node:fs/promises";
import { throwIfCanceled } from "../base/deadline.ts";
import { MoorageError } from "../base/errors.ts";
import { parentOf, type FileEntry, type Found, type Opened, type Source, type Walk } from "./entry.ts";
import { contentThroughLinks } from "./content-through-links.ts";
import { bytesOpened } from "./bytes-opened.ts";

const { O_DIRECTORY, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
// A pipe that was put in a file's place must not keep us waiting for its writer.
const READ = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const AT_A_TIME = 16;
/** Smaller files are read whole when they are opened: then it does not matter what becomes of them. */
const SMALL_BYTES = 64 * 1024;
/** More than `packTar` opens ahead, so that none is closed while a file in it is being opened. */
const MOST_OPEN = 64;
/** Directories in one another; more is no honest tree. */
const MAX_DEPTH = 256;

const DESCRIPTORS = "/proc/self/fd";
const HAS_DESCRIPTORS = existsSync(DESCRIPTORS);

/**
 * A directory of this host, given by its real path, and what is in it. Whatever becomes of its names meanwhile, nothing
 * is read through a link: a directory in it is opened whole and then has to be where it was looked for, and files are
 * opened through it.
 */
export async function openDirectorySource(root: string): Promise<Source> {
  const directories = new Directories(root);
  await directories.at("").catch((error: unknown) => rootGone(root, error));
  const openFile = async (path: string): Promise<FileHandle | undefined> => {
    const place = await directories.place(path).catch(absent(path));
    return place === undefined ? undefined : open(place, READ).catch(absent(path));
  };
  return {
    content: (path, most) =>
      contentThroughLinks(path, {
        most,
        linkAt: async (at) =>
          directories
            .place(at)
            .then((place) => readlink(place))
            .catch(absent(at)),
        open: async (at) => openedOf(await openFile(at)),
      }),
    walk: (wish) => walk(directories, wish, ""),
    open: async ({ path }: FileEntry) => openedOf(await openFile(path)),
    [Symbol.asyncDispose]: () => directories.close(),
  };
}

async function openedOf(handle: FileHandle | undefined): Promise<Opened | undefined> {
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      await handle.close();
      return undefined;
    }
    if (stats.size > SMALL_BYTES) return streamOf(handle, stats.size);
    const buffer = Buffer.allocUnsafe(Math.min(stats.size, SMALL_BYTES));
    const length = await filled(handle, buffer);
    await handle.close();
    return bytesOpened(buffer.subarray(0, length));
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function filled(handle: FileHandle, buffer: Buffer): Promise<number> {
  for (let at = 0; at < buffer.length;) {
    const { bytesRead } = await handle.read(buffer, at, buffer.length - at, at);
    if (bytesRead === 0) return at;
    at += bytesRead;
  }
  return buffer.length;
}

function streamOf(handle: FileHandle, sizeBytes: number): Opened {
  let at = 0;
  return {
    sizeBytes,
    fill: async (buffer) => {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      at += bytesRead;
      return bytesRead;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

async function* walk(directories: Directories, wish: Walk, above: string): AsyncGenerator<Found, void, undefined> {
  const place = await directories.at(above).catch(absent(above));
  if (place === undefined) return;
  if (above.split("/").length > MAX_DEPTH) {
    yield { type: "misfit", path: above, reason: `lies in more than ${MAX_DEPTH} directories` };
    return;
  }
  // As bytes: read as text, a name that is not UTF-8 no longer tells which file was meant.
  const read = await readdir(place, { encoding: "buffer" }).catch(absent(above));
  if (read === undefined) return;
  const names = read.toSorted((a, b) => Buffer.compare(a, b));
  const inner: string[] = [];
  for (let at = 0; at < names.length; at += AT_A_TIME) {
    throwIfCanceled(wish.signal);
    const batch = names.slice(at, at + AT_A_TIME).map((name) => named(above, name));
    const found = await Promise.all(batch.map((name) => look(directories, name)));
    for (const entry of found) {
      if (entry === undefined) continue;
      yield entry;
      if (entry.type === "directory") inner.push(entry.path);
    }
  }
  for (const path of inner) if (wish.enters(path)) yield* walk(directories, wish, path);
}

type Named = { readonly path: string; readonly wrong: boolean };

function named(above: string, name: Buffer): Named {
  const text = name.toString("utf8");
  const path = above === "" ? text : `${above}/${text}`;
  return { path, wrong: !name.equals(Buffer.from(text)) };
}

async function look(directories: Directories, { path, wrong }: Named): Promise<Found | undefined> {
  if (wrong) return { type: "misfit", path, reason: "has a name that is not UTF-8" };
  const place = await directories.place(path).catch(absent(path));
  const stats = place === undefined ? undefined : await lstat(place).catch(absent(path));
  if (place === undefined || stats === undefined) return undefined;
  const { size: sizeBytes, mtimeMs } = stats;
  const common = { path, mode: stats.mode & 0o777, mtime: Math.floor(mtimeMs / 1000) };
  if (stats.isFile()) return { ...common, type: "file", sizeBytes };
  if (stats.isDirectory()) return { ...common, type: "directory" };
  if (!stats.isSymbolicLink()) return { type: "misfit", path, reason: `is ${kindOf(stats)}` };
  const target = await readlink(place).catch(absent(path));
  return target === undefined ? undefined : { ...common, type: "symlink", target };
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

/** Undefined for what is not there any more, or is another thing by now; else it cannot be read. */
function absent(path: string): (error: unknown) => undefined {
  return (error) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return ["ENOENT", "ENOTDIR", "ELOOP", "EINVAL", "ENXIO"].includes(code) ? undefined : unreadable(path, error);
  };
}

/** Directories below a root, the last ones used held open. */
class Directories {
  readonly #root: string;
  readonly #open = new Map<string, Promise<FileHandle>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Where an entry is, for calls that follow no link at its end. */
  async place(path: string): Promise<string> {
    const parent = parentOf(path);
    return `${await this.at(parent)}/${parent === "" ? path : path.slice(parent.length + 1)}`;
  }

  /** Where a directory is, for calls that take a path. */
  async at(path: string): Promise<string> {
    const known = this.#open.get(path);
    const opening = known ?? this.#enter(path);
    this.#open.delete(path);
    this.#open.set(path, opening);
    try {
      const { fd } = await opening;
      return HAS_DESCRIPTORS ? `${DESCRIPTORS}/${fd}` : this.#pathOf(path);
    } catch (error) {
      this.#open.delete(path);
      throw error;
    } finally {
      await this.#closeOldest();
    }
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const result of all) if (result.status === "fulfilled") await result.value.close();
  }

  async #enter(path: string): Promise<FileHandle> {
    const expected = this.#pathOf(path);
    const handle = await open(expected, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!HAS_DESCRIPTORS || (await readlink(`${DESCRIPTORS}/${handle.fd}`)) === expected) return handle;
    await handle.close();
    throw Object.assign(new Error(`${expected} leads elsewhere by now`), { code: "ENOTDIR" });
  }

  #pathOf(path: string): string {
    return path === "" ? this.#root : `${this.#root === "/" ? "" : this.#root}/${path}`;
  }

  async #closeOldest(): Promise<void> {
    const [oldest] = this.#open;
    if (this.#open.size <= MOST_OPEN || oldest === undefined) return;
    this.#open.delete(oldest[0]);
    await (await oldest[1].catch(() => undefined))?.close();
  }
}

function rootGone(root: string, cause: unknown): never {
  const message = `The directory ${JSON.stringify(root)} is gone, leads through a link by now, or cannot be read.`;
  throw new MoorageError("WORKSPACE_NOT_FOUND", message, { cause });
}

function unreadable(path: string, cause: unknown): never {
  const why = cause instanceof Error && "code" in cause ? String(cause.code) : "the reason is not known";
  throw new MoorageError("INVALID_INPUT", `${JSON.stringify(path || ".")} cannot be read (${why}).`, {
    hint: "Let the user that Moorage runs as read it, or leave it out by a line in `.dockerignore`.",
    details: { path },
    cause,
  });
}
