import { readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { signalProcess } from "../host/processes.ts";

const END_MS = 10_000;
const STEP_MS = 3;

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Writes one value into a file of a group. */
export async function setGroup(directory: string, file: string, value: string): Promise<void> {
  await writeFile(join(directory, file), value, { flag: "r+" });
}

/** The processes in a group, as pids of this process's namespace; none when the group is gone. */
export async function groupProcesses(directory: string): Promise<readonly number[]> {
  try {
    const text = await readFile(join(directory, "cgroup.procs"), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  } catch (error) {
    if (gone(error)) return [];
    throw error;
  }
}

/** Groups below this one; none when it is gone. */
export async function groupsBelow(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (gone(error)) return [];
    throw error;
  }
}

/** Kills whatever is in a group until nothing is, then removes it. ENGINE_TIMEOUT when that does not succeed. */
export async function endGroup(directory: string): Promise<void> {
  const end = performance.now() + END_MS;
  for (;;) {
    await killGroup(directory);
    for (const pid of await groupProcesses(directory)) signalProcess(pid, "SIGKILL");
    if (await removeEmptyGroup(directory)) return;
    if (performance.now() > end) {
      const left = await groupProcesses(directory);
      throw new MoorageError("ENGINE_TIMEOUT", `The control group ${directory} did not end within ${END_MS} ms.`, {
        details: { processes: left },
        hint: "A process that the kernel cannot end keeps it, most often one that waits for a disk or a network file system.",
      });
    }
    await sleep(STEP_MS);
  }
}

/** All at once, also what is just being forked, where the kernel can: version 2 of control groups from Linux 5.14 on. */
async function killGroup(directory: string): Promise<void> {
  try {
    await setGroup(directory, "cgroup.kill", "1");
  } catch (error) {
    // Older kernels and version 1 have no such file.
    if (!gone(error) && errorCode(error) !== "EOPNOTSUPP") throw error;
  }
}

/** False when something is still in it. */
export async function removeEmptyGroup(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (gone(error)) return true;
    if (["EBUSY", "ENOTEMPTY"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

/** ENODEV is the answer of a group's file when the group was removed while it was open. */
function gone(error: unknown): boolean {
  return ["ENOENT", "ENODEV"].includes(errorCode(error) ?? "");
}
