import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { MoorageError } from "../../../base/errors.ts";
import type { RootPrograms } from "../host/programs.ts";
import type { UnitRecord } from "./unit-record.ts";

const TIMEOUT_MS = 20_000;

/**
 * A sandbox's workspace in memory has to outlive each of its runs, so it is mounted on the host, in the unit's own
 * directory. Mounts that are gone, by a restart of the machine, are made again, empty.
 */
export async function ensureMemoryWorkspace(
  programs: RootPrograms,
  workspace: string,
  { sizeBytes, user }: { readonly sizeBytes: number; readonly user: UnitRecord["user"] },
): Promise<void> {
  if (await isMountPoint(workspace)) return;
  const options = `size=${sizeBytes},mode=0755,uid=${user.uid},gid=${user.gid},nosuid,nodev`;
  await run(programs.mount, ["-t", "tmpfs", "-o", options, "--", "moorage", workspace]);
}

/** Nothing happens where nothing is mounted. */
export async function dropMemoryWorkspace(programs: RootPrograms, workspace: string): Promise<void> {
  if (await isMountPoint(workspace)) await run(programs.umount, ["--lazy", "--", workspace]);
}

async function isMountPoint(path: string): Promise<boolean> {
  const [own, above] = await Promise.all([path, dirname(path)].map((each) => stat(each).catch(() => undefined)));
  return own !== undefined && above !== undefined && own.dev !== above.dev;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args, { timeout: TIMEOUT_MS, env: {} });
  } catch (cause) {
    throw new MoorageError("ENGINE_FAILED", `${program} failed on a workspace in memory.`, { cause });
  }
}
