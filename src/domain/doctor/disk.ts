import { statfs } from "node:fs/promises";
import { formatBytes } from "../../base/quantities.ts";
import type { Finding } from "../../contracts/types.ts";
import { failed, ok, warning } from "./finding.ts";
import { remedy } from "./fixes.ts";
import type { Host } from "./host.ts";

const MIB = 1024 ** 2;
const FAILS_BELOW = 500 * MIB;
const WARNS_BELOW = 5 * 1024 * MIB;

/** Free space of one file system, and what it is there for. */
export type FreeSpace = { readonly bytes: number; readonly where: string };

/** Room that Moorage can still use below `path`; undefined where nobody can tell. */
export async function freeSpace(path: string, where: string): Promise<FreeSpace | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return { bytes: bavail * bsize, where };
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

export function checkDisk(spaces: readonly FreeSpace[], host: Host): Finding {
  const check = "system.disk";
  if (spaces.length === 0)
    return warning(check, "How much space is free could not be found out.", remedy(host, "space"));
  const told = `Free space: ${spaces.map(({ bytes, where }) => `${formatBytes(bytes)} ${where}`).join(", ")}.`;
  const least = Math.min(...spaces.map(({ bytes }) => bytes));
  if (least < FAILS_BELOW) return failed(check, `${told} Expected at least 500 MiB.`, remedy(host, "space"));
  if (least < WARNS_BELOW) return warning(check, `${told} Images need more: expected 5 GiB.`, remedy(host, "space"));
  return ok(check, told);
}
