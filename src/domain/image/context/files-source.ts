import { MoorageError } from "../../../base/errors.ts";
import type { ContextSource } from "../../../contracts/types.ts";
import { bytesOpened } from "../../../source/bytes-opened.ts";
import { parentOf, type Entry, type FileEntry, type Source } from "../../../source/entry.ts";
import { tableSource } from "../../../source/table-source.ts";

type Files = NonNullable<ContextSource["files"]>;

const MOST_TOLD = 20;
const MAX_PATH_BYTES = 4096;

/** A map of files as a source. INVALID_INPUT with each name that is none. */
export function filesSource(files: Files, nowMs: number): Source {
  const names = Object.keys(files);
  if (names.length === 0) {
    throw new MoorageError("INVALID_INPUT", "files: expected at least one file, got none.", {
      hint: 'Give each file\'s text under its path, such as { "main.py": "print(1)" }.',
    });
  }
  refuseNames(names);
  const mtime = Math.floor(nowMs / 1000);
  const entries = new Map<string, Entry>();
  for (const path of names.toSorted()) {
    const file = files[path] ?? "";
    addParents(entries, path, mtime);
    const bytes = typeof file === "string" ? Buffer.from(file) : Buffer.from(file.base64, "base64");
    const mode = Number.parseInt((typeof file === "string" ? undefined : file.mode) ?? "0644", 8);
    entries.set(path, { type: "file", path, mode, mtime, sizeBytes: bytes.length, bytes });
  }
  return tableSource({ entries, open: async ({ bytes }: FileEntry) => bytesOpened(bytes ?? new Uint8Array()) });
}

function addParents(entries: Map<string, Entry>, path: string, mtime: number): void {
  const parent = parentOf(path);
  if (parent === "" || entries.has(parent)) return;
  addParents(entries, parent, mtime);
  entries.set(parent, { type: "directory", path: parent, mode: 0o755, mtime });
}

function refuseNames(names: readonly string[]): void {
  const all = new Set(names);
  const wrong = names.flatMap((name) => {
    const reason = wrongName(name) ?? (isBelowFile(name, all) ? "is below another file" : undefined);
    return reason === undefined ? [] : [`${JSON.stringify(name)} ${reason}`];
  });
  if (wrong.length === 0) return;
  const more = wrong.length > MOST_TOLD ? [`and ${wrong.length - MOST_TOLD} more`] : [];
  const message = `files: expected relative paths inside the context, got ${[...wrong.slice(0, MOST_TOLD), ...more].join("; ")}.`;
  throw new MoorageError("INVALID_INPUT", message, {
    hint: "Name each file as the Dockerfile will, such as src/main.py: without a leading /, without .. and .",
    details: { names: names.filter((name) => wrongName(name) !== undefined || isBelowFile(name, all)) },
  });
}

/** What is wrong with a name, in words that follow it; undefined where nothing is. */
function wrongName(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.includes("\0")) return "has a NUL character";
  if (!name.isWellFormed()) return "cannot be written as UTF-8";
  if (name.startsWith("/")) return "is absolute";
  const parts = name.split("/");
  if (parts.includes("..")) return "leads upwards";
  if (parts.includes("") || parts.includes(".")) return "has an empty part or a dot for one";
  if (Buffer.byteLength(name) > MAX_PATH_BYTES) return "is too long";
  return undefined;
}

function isBelowFile(name: string, all: ReadonlySet<string>): boolean {
  for (let parent = parentOf(name); parent !== ""; parent = parentOf(parent)) if (all.has(parent)) return true;
  return false;
}
