import { readFile, rm } from "node:fs/promises";

import { runProgram } from "./run-program.ts";

const UMOUNT_MS = 10_000;

/** Removes a directory in which something may still be mounted, the innermost first. */
export async function removeMountedDirectory(directory: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
  for (const mount of mounts.filter((path) => path.startsWith(`${directory}/`)).toReversed()) {
    await runProgram(["umount", mount], { deadlineMs: UMOUNT_MS });
  }
  await rm(directory, { recursive: true, force: true });
}
