import type { EntryInfo } from "../../engine.ts";

const FIELDS = 5;

/** Entries as `find -printf` tells them: type, size, mode, time, name, each ended by a NUL. */
export function parseEntries(output: Uint8Array): readonly EntryInfo[] {
  const fields = Buffer.from(output).toString().split("\0");
  const entries: EntryInfo[] = [];
  for (let at = 0; at + FIELDS < fields.length; at += FIELDS) {
    const [type = "", size, mode = "", seconds, name = ""] = fields.slice(at, at + FIELDS);
    entries.push({
      name,
      type: entryType(type),
      sizeBytes: Number(size),
      mode: Number.parseInt(mode, 8),
      modifiedAt: Math.floor(Number(seconds) * 1000),
    });
  }
  return entries;
}

function entryType(letter: string): EntryInfo["type"] {
  if (letter === "f") return "file";
  if (letter === "d") return "directory";
  return letter === "l" ? "symlink" : "other";
}
