import type { Header } from "tar-stream";

/** Names of one entry from the archive's root down, or why it is refused. */
export type EntryNames = { readonly names: readonly string[] } | { readonly refused: string };

/** No honest tree is deeper; each level of it keeps a directory open. */
const DEEPEST = 256;

/** The names in an entry's path; a path that could lead out of where it is unpacked is refused. */
export function entryNames(path: string): EntryNames {
  if (path.startsWith("/")) return { refused: "its name is absolute" };
  if (path.includes("\0")) return { refused: "its name contains a NUL character" };
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) return { refused: "its name contains `..`" };
  if (names.length === 0) return { refused: "it has no name" };
  return names.length > DEEPEST ? { refused: `it is more than ${DEEPEST} directories deep` } : { names };
}

/** Why an entry of this type is refused; undefined where it is not. */
export function refusedType(type: Header["type"]): string | undefined {
  switch (type) {
    case "file":
    case "contiguous-file":
    case "directory":
    case "symlink":
    case "link":
      return undefined;
    case "character-device":
    case "block-device":
      return "it is a device";
    case "fifo":
      return "it is a named pipe";
    default:
      return "it is neither a file, a directory nor a link";
  }
}

/**
 * True when a symlink `depth` directories below the copied tree's root could lead out of the tree. `..` after a name is
 * taken for leading out, because that name may be a link itself.
 */
export function leadsOut(target: string, depth: number): boolean {
  if (target === "" || target.startsWith("/") || target.includes("\0")) return true;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const firstName = parts.findIndex((part) => part !== "..");
  const ups = firstName === -1 ? parts.length : firstName;
  return ups > depth || parts.slice(ups).includes("..");
}
