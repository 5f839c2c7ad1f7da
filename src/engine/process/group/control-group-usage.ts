import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Controller, GroupVersion } from "./control-group-limits.ts";

/** What a unit's groups count; null where there is no such group, or none yet. */
export type GroupUsage = {
  readonly memoryBytes: number | null;
  readonly cpuMs: number | null;
  readonly pids: number | null;
};

type Layout = {
  readonly version: GroupVersion;
  readonly parents: Readonly<Partial<Record<Controller, string>>>;
};

export async function groupUsage({ version, parents }: Layout, id: string): Promise<GroupUsage> {
  const [memory, cpu, pids] = await Promise.all([
    version === 2
      ? memoryUsage(parents.memory, id, { usage: "memory.current", cache: "inactive_file" })
      : memoryUsage(parents.memory, id, { usage: "memory.usage_in_bytes", cache: "total_inactive_file" }),
    version === 2
      ? counted(parents.cpu, id, { file: "cpu.stat", pattern: /^usage_usec (\d+)$/m })
      : counted(parents.cpu, id, { file: "cpuacct.usage", pattern: /^(\d+)$/m }),
    counted(parents.pids, id, { file: "pids.current", pattern: /^(\d+)$/m }),
  ]);
  const unitsPerMs = version === 2 ? 1e3 : 1e6;
  return { memoryBytes: memory, cpuMs: cpu === null ? null : Math.round(cpu / unitsPerMs), pids };
}

async function memoryUsage(
  parent: string | undefined,
  id: string,
  names: { readonly usage: string; readonly cache: string },
): Promise<number | null> {
  const usage = await counted(parent, id, { file: names.usage, pattern: /^(\d+)$/m });
  const cache = await counted(parent, id, { file: "memory.stat", pattern: new RegExp(`^${names.cache} (\\d+)$`, "m") });
  return usage === null ? null : Math.max(0, usage - (cache ?? 0));
}

async function counted(
  parent: string | undefined,
  id: string,
  { file, pattern }: { readonly file: string; readonly pattern: RegExp },
): Promise<number | null> {
  if (parent === undefined) return null;
  const text = await readFile(join(parent, id, file), "utf8").catch(() => "");
  const value = pattern.exec(text)?.[1];
  return value === undefined ? null : Number(value);
}
