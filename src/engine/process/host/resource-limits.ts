import { readFile } from "node:fs/promises";
import type { EngineLimits } from "../../engine.ts";
import type { Enforced } from "../group/control-groups.ts";

const DESCRIPTORS = 65_536;
const GIB = 1024 ** 3;
const LARGEST_FILE_BYTES = 16 * GIB;

/** Descriptors that one process may have: fewer where we may have no more ourselves. */
export async function descriptorLimit(): Promise<number> {
  const text = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const hard = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(text)?.[1] ?? DESCRIPTORS);
  return Math.min(DESCRIPTORS, hard);
}

/** Options of prlimit for each process of a run: where control groups do not, they limit memory, each process alone. */
export function resourceLimits(descriptors: number, limits: EngineLimits, enforced: Enforced): readonly string[] {
  const always = [`--nofile=${descriptors}:${descriptors}`, "--core=0:0"];
  if (enforced.memory) return always;
  return [
    ...always,
    `--data=${limits.memoryBytes}:${limits.memoryBytes}`,
    `--fsize=${LARGEST_FILE_BYTES}:${LARGEST_FILE_BYTES}`,
  ];
}
