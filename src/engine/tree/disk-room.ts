import { statfs } from "node:fs/promises";
import type { DiskRoom } from "../engine.ts";

/** Of the file system of a directory of this host; null where there is no such directory. */
export async function diskRoom(path: string): Promise<DiskRoom | null> {
  const seen = await statfs(path).catch(() => undefined);
  return seen === undefined ? null : { freeBytes: seen.bavail * seen.bsize, totalBytes: seen.blocks * seen.bsize };
}
