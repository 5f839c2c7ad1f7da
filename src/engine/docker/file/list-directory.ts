import { MoorageError } from "../../../base/errors.ts";
import type { TreeEntry } from "../../engine.ts";
import { runCommand, type CommandContext } from "../run/run-command.ts";
import type { FileType } from "./unit-place.ts";

const NEWLINE = 10;
const TYPES: Readonly<Record<number, FileType>> = { 0o10: "file", 0o4: "directory", 0o12: "symlink" };

const MAX_LEVELS = 256;

/**
 * Prints batches: a line with a number n, n lines of mode, size, two times and inode, then n names, each ended by NUL.
 * Names go through no command but the shell's own printf, so every name that a file can have comes out as it is. Where
 * stat fails for one of a batch, which has just vanished, the rest of it is told one by one.
 */
const TELL = `
tell() {
  lines=$(stat -c '%f %s %Y %Z %i' -- "$@" 2>/dev/null) || return 1
  echo "$#"
  echo "$lines"
  printf '%s\\0' "$@"
}
batch() {
  tell "$@" || for name; do tell "$name"; done
}
`;

const BEGIN = `
command -v stat >/dev/null || { echo "the image has no stat" >&2; exit 3; }
cd "$1" || exit 4
`;

const LIST_SCRIPT = `${BEGIN}${TELL}
set --
for name in .* *; do
  case $name in . | ..) continue ;; esac
  [ -e "$name" ] || [ -L "$name" ] || continue
  set -- "$@" "$name"
  [ "$#" -lt 200 ] && continue
  batch "$@"
  set --
done
[ "$#" -eq 0 ] || batch "$@"
exit 0
`;

/** Arguments: directory, levels, and the script that tells a batch. What vanishes meanwhile is no failure. */
const WALK_SCRIPT = `${BEGIN}
command -v find >/dev/null || { echo "the image has no find" >&2; exit 3; }
find . -mindepth 1 -maxdepth "$2" -exec /bin/sh -c "$3" moorage {} + 2>/dev/null
exit 0
`;
const TELL_BATCH = `${TELL}
batch "$@"
exit 0
`;

type Place = { readonly containerId: string; readonly path: string };

/** The entries of a directory, given by its real path, as the unit's user sees them. */
export function listDirectory(
  context: CommandContext,
  place: Place,
  signal?: AbortSignal,
): Promise<readonly TreeEntry[]> {
  return told(context, { ...place, script: LIST_SCRIPT, args: [] }, signal);
}

/** All that is below it, each directory before what is in it, names in the order of their bytes. */
export async function walkDirectory(
  context: CommandContext,
  { maxDepth = MAX_LEVELS, ...place }: Place & { readonly maxDepth: number | undefined },
  signal?: AbortSignal,
): Promise<readonly TreeEntry[]> {
  const args = [String(maxDepth), TELL_BATCH];
  const entries = await told(context, { ...place, script: WALK_SCRIPT, args }, signal);
  const keyed = entries.map((entry) => ({ entry, key: Buffer.from(entry.path.replaceAll("/", "\0")) }));
  return keyed.toSorted((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry);
}

type Told = Place & { readonly script: string; readonly args: readonly string[] };

async function told(
  context: CommandContext,
  { containerId, path, script, args }: Told,
  signal: AbortSignal | undefined,
): Promise<readonly TreeEntry[]> {
  const command = ["/bin/sh", "-c", script, "moorage", path, ...args];
  const { exitCode, stdout, stderr } = await runCommand(context, { containerId, command, signal });
  if (exitCode === 0) return parseListing(stdout);
  if (exitCode === 3) throw new MoorageError("ENGINE_UNSUPPORTED", `Files cannot be listed: ${stderr}.`);
  if (exitCode === 4) {
    throw new MoorageError("PATH_NOT_ALLOWED", `The sandbox's user cannot read "${path}": ${stderr}`);
  }
  const words = stderr || stdout.toString().trim();
  throw new MoorageError("ENGINE_FAILED", `Listing "${path}" failed with code ${exitCode}: ${words}`);
}

/** Reads what the script prints. */
export function parseListing(listing: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  const until = (end: number): string => {
    const next = listing.indexOf(end, at);
    if (next < 0) throw new MoorageError("ENGINE_FAILED", "The list of files broke off.");
    const text = listing.subarray(at, next).toString();
    at = next + 1;
    return text;
  };
  while (at < listing.length) {
    const count = Number(until(NEWLINE));
    const facts = Array.from({ length: count }, () => until(NEWLINE));
    for (const line of facts) entries.push(entryOf(line, until(0)));
  }
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function entryOf(line: string, text: string): TreeEntry {
  const [mode = "", size, modified, changed, inode = ""] = line.split(" ");
  const bits = Number.parseInt(mode, 16);
  const path = text.replace(/^\.\//, "");
  return {
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    type: TYPES[bits >> 12] ?? "other",
    sizeBytes: Number(size),
    mode: bits & 0o7777,
    modifiedAt: Number(modified) * 1000,
    changedAt: Number(changed) * 1000,
    identity: inode,
  };
}
