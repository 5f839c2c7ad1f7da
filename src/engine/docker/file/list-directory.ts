import { MoorageError } from "../../../base/errors.ts";
import type { EntryInfo } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { runCommand } from "../run/run-command.ts";
import type { FileType } from "./unit-place.ts";

const NEWLINE = 10;
const TYPES: Readonly<Record<number, FileType>> = { 0o10: "file", 0o4: "directory", 0o12: "symlink" };

/**
 * Prints batches: a line with a number n, n lines of mode, size and time, then n names, each ended by NUL. Names go
 * through no command but the shell's own printf, so every name that a file can have comes out as it is. Where stat
 * fails for one of a batch, which has just vanished, the rest of it is told one by one.
 */
const LIST_SCRIPT = `
command -v stat >/dev/null || { echo "the image has no stat" >&2; exit 3; }
cd "$1" || exit 4
tell() {
  lines=$(stat -c '%f %s %Y' -- "$@" 2>/dev/null) || return 1
  echo "$#"
  echo "$lines"
  printf '%s\\0' "$@"
}
batch() {
  tell "$@" || for name; do tell "$name"; done
}
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

/** The entries of a directory, given by its real path, as the unit's user sees them. */
export async function listDirectory(
  api: EngineApi,
  place: { readonly containerId: string; readonly path: string },
  signal?: AbortSignal,
): Promise<readonly EntryInfo[]> {
  const command = ["/bin/sh", "-c", LIST_SCRIPT, "moorage", place.path];
  const { exitCode, stdout, stderr } = await runCommand(api, { containerId: place.containerId, command, signal });
  if (exitCode === 0) return parseListing(stdout);
  if (exitCode === 3) throw new MoorageError("ENGINE_UNSUPPORTED", `Files cannot be listed: ${stderr}.`);
  if (exitCode === 4) {
    throw new MoorageError("PATH_NOT_ALLOWED", `The sandbox's user cannot read "${place.path}": ${stderr}`);
  }
  const words = stderr || stdout.toString().trim();
  throw new MoorageError("ENGINE_FAILED", `Listing "${place.path}" failed with code ${exitCode}: ${words}`);
}

/** Reads what the script prints. */
export function parseListing(listing: Buffer): readonly EntryInfo[] {
  const entries: EntryInfo[] = [];
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
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function entryOf(line: string, name: string): EntryInfo {
  const [mode = "", size, seconds] = line.split(" ");
  const bits = Number.parseInt(mode, 16);
  return {
    name,
    type: TYPES[bits >> 12] ?? "other",
    sizeBytes: Number(size),
    mode: bits & 0o7777,
    modifiedAt: Number(seconds) * 1000,
  };
}
