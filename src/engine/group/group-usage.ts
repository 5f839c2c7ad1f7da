import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GroupLayout } from "./control-group.ts";

/** What a unit's groups count; null where there is no such group, or none yet. */
export type GroupUsage = {
  readonly memoryBytes: number | null;
  readonly cpuMs: number | null;
  readonly pids: number | null;
};

/** Reads at once and not by the thread pool: the kernel answers from memory, a tenth as dear as the way there. */
export function groupUsage({ version, parents }: GroupLayout, id: string): GroupUsage {
  const memoryBytes =
    version === 2
      ? memoryUsage(parents.memory, id, { usage: "memory.current", cache: /^inactive_file (\d+)$/m })
      : memoryUsage(parents.memory, id, { usage: "memory.usage_in_bytes", cache: /^total_inactive_file (\d+)$/m });
  const cpu =
    version === 2
      ? counted(parents.cpu, id, { file: "cpu.stat", pattern: /^usage_usec (\d+)$/m })
      : counted(parents.cpu, id, { file: "cpuacct.usage", pattern: NUMBER });
  const unitsPerMs = version === 2 ? 1e3 : 1e6;
  return {
    memoryBytes,
    cpuMs: cpu === null ? null : Math.round(cpu / unitsPerMs),
    pids: counted(parents.pids, id, { file: "pids.current", pattern: NUMBER }),
  };
}

const NUMBER = /^(\d+)$/m;

function memoryUsage(
  parent: string | undefined,
  id: string,
  names: { readonly usage: string; readonly cache: RegExp },
): number | null {
  const usage = counted(parent, id, { file: names.usage, pattern: NUMBER });
  if (usage === null) return null;
  return Math.max(0, usage - (counted(parent, id, { file: "memory.stat", pattern: names.cache }) ?? 0));
}

function counted(
  parent: string | undefined,
  id: string,
  { file, pattern }: { readonly file: string; readonly pattern: RegExp },
): number | null {
  if (parent === undefined) return null;
  const value = pattern.exec(groupText(join(parent, id, file)))?.[1];
  return value === undefined ? null : Number(value);
}

/** The text of a group's file; empty where there is none. */
export function groupText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
