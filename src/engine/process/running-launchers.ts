import { readdir, readFile } from "node:fs/promises";
import { DESCRIPTORS } from "./descriptors.ts";

/** What a launcher of this unit carries on its command line. */
export function launchLabel(id: string): string {
  return `moorage:${id}`;
}

/**
 * Launchers of a unit, by whichever Moorage, for hosts without control groups. Programs inside cannot pass for one of
 * another unit to their gain: they would only be ended.
 */
export async function runningLaunchers(bwrap: string, id: string): Promise<readonly number[]> {
  const beginning = [bwrap, "--args", String(DESCRIPTORS.arguments)];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const args = line.split("\0");
    if (beginning.every((part, index) => args[index] === part) && args.includes(launchLabel(id))) found.push(pid);
  }
  return found;
}
