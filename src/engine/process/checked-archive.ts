import { posix } from "node:path";
import { extract, pack, type Headers, type Pack } from "tar-stream";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { WORKSPACE } from "./bubblewrap-arguments.ts";

export type CheckedArchive = {
  /** The same archive with nothing in it but directories, files and links that stay in the workspace. */
  readonly tar: AsyncIterable<Uint8Array>;
  /** Directories that entries so far were put into, relative to the upload's own; not all where there are very many. */
  readonly parents: ReadonlySet<string>;
};

const MAX_PARENTS = 2_000;
const PERMISSIONS = 0o777;

/**
 * Reads a tar stream that somebody else made and writes it anew, entry by entry. PATH_NOT_ALLOWED for entries that
 * have no business there; INVALID_INPUT when it is no tar.
 */
export function checkedArchive(tar: AsyncIterable<Uint8Array>, directory: string): CheckedArchive {
  const parents = new Set<string>();
  return { tar: rewritten(tar, { directory, parents }), parents };
}

type Destination = { readonly directory: string; readonly parents: Set<string> };

async function* rewritten(tar: AsyncIterable<Uint8Array>, destination: Destination): AsyncGenerator<Uint8Array> {
  const output = pack();
  const copying = copy(tar, output, destination).then(
    () => output.finalize(),
    (error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    for await (const chunk of output) yield chunk;
  } finally {
    output.destroy();
    await copying;
  }
}

async function copy(tar: AsyncIterable<Uint8Array>, output: Pack, destination: Destination): Promise<void> {
  const input = extract();
  const feeding = feed(tar, input);
  try {
    for await (const entry of input) {
      const header = checkedHeader(entry.header, destination);
      if (header === undefined) {
        entry.resume();
        continue;
      }
      await copyEntry(entry, output, header);
    }
    await feeding;
  } catch (error) {
    input.destroy();
    // It fails for the same cause, or for none of its own.
    await feeding.catch(() => undefined);
    throw isMoorageError(error) ? error : noArchive(error);
  }
}

async function copyEntry(content: AsyncIterable<Uint8Array>, output: Pack, header: Headers): Promise<void> {
  if (header.type !== "file") {
    output.entry(header);
    for await (const _ of content) continue;
    return;
  }
  const target = output.entry(header);
  for await (const chunk of content) {
    if (target.write(chunk)) continue;
    await new Promise<void>((resolve) => target.once("drain", resolve).once("close", resolve));
    if (output.destroyed) return;
  }
  target.end();
}

async function feed(tar: AsyncIterable<Uint8Array>, input: ReturnType<typeof extract>): Promise<void> {
  for await (const chunk of tar) {
    if (input.destroyed) return;
    if (input.write(chunk)) continue;
    await new Promise<void>((resolve) => input.once("drain", resolve).once("close", resolve));
  }
  input.end();
}

/** The entry as it is written; undefined for the directory itself, which is there already. */
function checkedHeader(header: Headers, { directory, parents }: Destination): Headers | undefined {
  const name = checkedName(header.name, "the entry");
  if (name === ".") return undefined;
  const type = header.type === "contiguous-file" || header.type === undefined ? "file" : header.type;
  if (parents.size < MAX_PARENTS) parents.add(posix.dirname(name));
  const common = { name, mode: (header.mode ?? 0o644) & PERMISSIONS, ...(header.mtime ? { mtime: header.mtime } : {}) };
  switch (type) {
    case "file":
      return { ...common, type, size: header.size ?? 0 };
    case "directory":
      return { ...common, type };
    case "symlink": {
      const target = header.linkname ?? "";
      const from = posix.join(directory, posix.dirname(name));
      if (!inside(posix.resolve(from, target)))
        throw refused(`${quoted(name)} is a link to ${quoted(target)}, outside ${WORKSPACE}`);
      return { ...common, type, linkname: target };
    }
    case "link":
      return { ...common, type, linkname: checkedName(header.linkname ?? "", `${quoted(name)} is a hard link to`) };
    default:
      throw refused(`the entry ${quoted(name)} is a ${type}; expected files, directories and links`);
  }
}

function checkedName(name: string, what: string): string {
  if (name.includes("\uFFFD")) {
    throw new MoorageError("INVALID_INPUT", `The archive has a name that is not UTF-8: ${what} ${quoted(name)}.`);
  }
  if (name === "" || name.startsWith("/") || name.split("/").includes("..")) {
    throw refused(`${what} ${quoted(name)}, which is absolute, empty or has ..`);
  }
  return posix.join(name.replace(/\/+$/, ""));
}

function inside(path: string): boolean {
  return path === WORKSPACE || path.startsWith(`${WORKSPACE}/`);
}

function refused(what: string): MoorageError {
  return new MoorageError("PATH_NOT_ALLOWED", `The archive was not unpacked: ${what}.`, {
    hint: "Make the archive with relative names, and links that stay inside the workspace.",
  });
}

function noArchive(cause: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", "The upload is no tar archive, or was cut off.", { cause });
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
