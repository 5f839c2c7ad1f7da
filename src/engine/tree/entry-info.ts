import type { BigIntStats } from "node:fs";
import type { EntryInfo, TreeEntry } from "../engine.ts";

const NS_PER_MS = 1_000_000n;

export function entryInfo(name: string, stats: BigIntStats): EntryInfo {
  return {
    name,
    type: typeOf(stats),
    sizeBytes: Number(stats.size),
    mode: Number(stats.mode & 0o7777n),
    modifiedAt: Number(stats.mtimeNs / NS_PER_MS),
  };
}

export function treeEntry(path: string, stats: BigIntStats): TreeEntry {
  return {
    ...entryInfo(path.slice(path.lastIndexOf("/") + 1), stats),
    path,
    changedAt: Number(stats.ctimeNs / NS_PER_MS),
    identity: `${stats.dev}:${stats.ino}`,
  };
}

/** Another one after each change of the file, as far as the system's clock tells them apart. */
export function versionOf(stats: BigIntStats): string {
  return `${stats.ino}-${stats.size}-${stats.mtimeNs}-${stats.ctimeNs}`;
}

function typeOf(stats: BigIntStats): EntryInfo["type"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  return stats.isSymbolicLink() ? "symlink" : "other";
}
