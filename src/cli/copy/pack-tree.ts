import type { Stats } from "node:fs";
import { constants, lstat, open, readdir, readlink } from "node:fs/promises";
import type { Header, Pack } from "tar-stream";
import { MoorageError } from "../../base/errors.ts";
import type { HostDirectory } from "./host-directory.ts";
import { leadsOut } from "./entry-rules.ts";
import { hostFileError } from "./host-file-error.ts";
import type { Refusal } from "./unpack-tree.ts";
import { writeAll } from "./write-all.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** An archive that is written, and what was written to it. */
export type Packing = {
  readonly archive: Pack;
  /** Directories between the workspace and where the archive is unpacked. */
  readonly depth: number;
  files: number;
  bytes: number;
  readonly refused: Refusal[];
};

type Source = { readonly directory: HostDirectory; readonly name: string };

/** Writes a file, a link, or a directory with all that is in it. Nothing is read through a symlink. */
export async function packTree(packing: Packing, source: Source, as: string): Promise<void> {
  const { directory, name } = source;
  try {
    const stats = await lstat(directory.at(name));
    if (stats.isDirectory()) {
      await entryOf(packing, { ...headersOf(stats), name: as, type: "directory" }).packed;
      await packContents(packing, source, as);
    } else if (stats.isSymbolicLink()) {
      await packLink(packing, { target: await readlink(directory.at(name)), stats }, as);
    } else if (stats.isFile()) {
      await packFile(packing, source, as);
    } else {
      packing.refused.push({ name: as, reason: "it is neither a file, a directory nor a link" });
    }
  } catch (error) {
    throw hostFileError(error, `${directory.path}/${name}`);
  }
}

/** Writes what is in a directory, below `prefix`; without one, as the archive's own roots. */
export async function packContents(packing: Packing, { directory, name }: Source, prefix?: string): Promise<void> {
  await using inner = await directory.enter(name);
  for (const child of (await readdir(inner.at("."))).toSorted()) {
    const as = prefix === undefined ? child : `${prefix}/${child}`;
    // Node reads names as UTF-8: with U+FFFD in it, a name no longer tells which file was meant.
    if (child.includes("\ufffd")) packing.refused.push({ name: as, reason: "its name is not UTF-8" });
    else await packTree(packing, { directory: inner, name: child }, as);
  }
}

type Link = { readonly target: string; readonly stats: Stats };

async function packLink(packing: Packing, { target, stats }: Link, as: string): Promise<void> {
  if (leadsOut(target, packing.depth + as.split("/").length - 1)) {
    packing.refused.push({
      name: as,
      reason: `it is a link that leads out of the workspace, to ${JSON.stringify(target)}`,
    });
    return;
  }
  await entryOf(packing, { ...headersOf(stats), name: as, type: "symlink", linkname: target }).packed;
  packing.files += 1;
}

async function packFile(packing: Packing, { directory, name }: Source, as: string): Promise<void> {
  await using file = await open(directory.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const stats = await file.stat();
  const { size } = stats;
  const { sink, packed } = entryOf(packing, { ...headersOf(stats), name: as, type: "file", size });
  const content = size === 0 ? noContent() : file.createReadStream({ start: 0, end: size - 1, autoClose: false });
  if ((await writeAll(sink, content)) < size && !packing.archive.destroying) {
    const hint = "Copy it when nothing writes to it.";
    throw new MoorageError("CONFLICT", `${JSON.stringify(name)} became shorter while it was copied.`, { hint });
  }
  sink.end(undefined);
  await packed;
  packing.files += 1;
  packing.bytes += size;
}

async function* noContent(): AsyncGenerator<Uint8Array, void, undefined> {}

function headersOf({ mode, mtime }: Stats): Pick<Header, "mode" | "mtime"> {
  return { mode: mode & 0o777, mtime };
}

type Entry = { readonly sink: ReturnType<Pack["entry"]>; readonly packed: Promise<void> };

function entryOf({ archive }: Packing, header: Partial<Header> & Pick<Header, "name">): Entry {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Where nobody awaits it, the archive has failed before, and that is told.
  promise.catch(() => undefined);
  const sink = archive.entry(header, (error) => (error instanceof Error ? reject(error) : resolve()));
  sink.on("error", () => undefined);
  return { sink, packed: promise };
}
