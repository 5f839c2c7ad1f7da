import { posix } from "node:path";
import type { Header } from "tar-stream";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { fillEntry, repackTar, type Repacking } from "../../../base/tar-streams.ts";
import { WORKSPACE } from "../launch/bubblewrap-arguments.ts";

export type CheckedArchive = {
  /** The same archive with nothing in it but directories, files and links that stay in the workspace. */
  readonly tar: AsyncIterable<Uint8Array>;
  /** Directories that entries so far were put into, relative to the upload's own; not all where there are very many. */
  readonly parents: ReadonlySet<string>;
};

type Destination = { readonly directory: string; readonly parents: Set<string> };
type Kept = Pick<Header, "name" | "type"> & Partial<Pick<Header, "size" | "mode" | "linkname">> & { mtime: Date };

const MAX_PARENTS = 2_000;
const PERMISSIONS = 0o777;
const LATEST_SECONDS = 2 ** 31 - 1;

/**
 * Reads a tar stream that somebody else made and writes it anew, entry by entry. PATH_NOT_ALLOWED for entries that
 * have no business there; INVALID_INPUT when it is no tar.
 */
export function checkedArchive(tar: AsyncIterable<Uint8Array>, directory: string): CheckedArchive {
  const parents = new Set<string>();
  return { tar: rewritten(tar, { directory, parents }), parents };
}

async function* rewritten(tar: AsyncIterable<Uint8Array>, destination: Destination): AsyncGenerator<Uint8Array> {
  const rewrite: Repacking["rewrite"] = async (entries, output) => {
    for await (const entry of entries) {
      const header = checkedHeader(entry.header, destination);
      if (header !== undefined) await fillEntry(output.entry(header), entry);
    }
  };
  try {
    // Names are taken as bytes, so that those which are not UTF-8 can be told.
    yield* repackTar(tar, { namesAsBytes: true, rewrite });
  } catch (error) {
    throw isMoorageError(error) ? error : noArchive(error);
  }
}

/** The entry as it is written; undefined for the directory itself, which is there already. */
function checkedHeader(header: Header, { directory, parents }: Destination): Kept | undefined {
  const name = checkedName(decodedName(header, "path", header.name), "the entry");
  if (name === ".") return undefined;
  if (parents.size < MAX_PARENTS) parents.add(posix.dirname(name));
  const kept = { name, mode: header.mode & PERMISSIONS, mtime: plainTime(header.mtime) };
  const target: string | null = header.linkname;
  const linkname = decodedName(header, "linkpath", target ?? "");
  switch (header.type) {
    case "file":
    case "contiguous-file":
      return { ...kept, type: "file", size: header.size };
    case "directory":
      return { ...kept, type: "directory" };
    case "symlink":
      if (inside(posix.resolve(directory, posix.dirname(name), linkname)))
        return { ...kept, type: "symlink", linkname };
      throw refused(`${quoted(name)} is a link to ${quoted(linkname)}, outside ${WORKSPACE}`);
    case "link":
      return { ...kept, type: "link", linkname: checkedName(linkname, `${quoted(name)} is a hard link to`) };
    default:
      throw refused(`the entry ${quoted(name)} is a ${header.type}; expected files, directories and links`);
  }
}

function checkedName(name: string, what: string): string {
  if (name === "" || name.startsWith("/") || name.split("/").includes("..")) {
    throw refused(`${what} ${quoted(name)}, which is absolute, empty or has ..`);
  }
  return posix.join(name.replace(/\/+$/, ""));
}

/** Extended records are decoded already, and they are UTF-8 by definition. */
function decodedName({ pax }: Header, record: string, name: string): string {
  if (typeof pax === "object" && pax !== null && record in pax) return name;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(name, "latin1"));
  } catch (cause) {
    throw new MoorageError("INVALID_INPUT", `The archive has a name that is not UTF-8: ${quoted(name)}.`, { cause });
  }
}

/** What the plain field of a header can hold. */
function plainTime(time: Date): Date {
  const seconds = Math.floor(time.getTime() / 1000);
  return new Date(Math.min(Math.max(seconds, 0), LATEST_SECONDS) * 1000);
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
