import type { EngineLimits } from "../../engine.ts";
import type { Controller, GroupVersion } from "../../group/control-group.ts";

export type Setting = {
  readonly controller: Controller;
  readonly file: string;
  readonly value: string;
  /** Kernels without swap accounting have no such file. */
  readonly optional?: boolean;
};

const PERIOD_US = 100_000;
const SMALLEST_QUOTA_US = 1_000;

/** What is written into the groups of a unit, in this order. `others`: processes there that are not the unit's own. */
export function limitSettings(version: GroupVersion, limits: EngineLimits, others: number): readonly Setting[] {
  const memory = String(limits.memoryBytes);
  const pids = String(limits.pids + others);
  const quota = String(Math.max(SMALLEST_QUOTA_US, Math.round(limits.cpus * PERIOD_US)));
  if (version === 2) {
    return [
      { controller: "memory", file: "memory.max", value: memory },
      { controller: "memory", file: "memory.swap.max", value: "0", optional: true },
      { controller: "pids", file: "pids.max", value: pids },
      { controller: "cpu", file: "cpu.max", value: `${quota} ${PERIOD_US}` },
    ];
  }
  return [
    { controller: "memory", file: "memory.limit_in_bytes", value: memory },
    { controller: "memory", file: "memory.memsw.limit_in_bytes", value: memory, optional: true },
    { controller: "pids", file: "pids.max", value: pids },
    { controller: "cpu", file: "cpu.cfs_period_us", value: String(PERIOD_US) },
    { controller: "cpu", file: "cpu.cfs_quota_us", value: quota },
  ];
}

/** How a group is stopped, and where it is seen that it has. */
export function freezerFiles(version: GroupVersion): {
  readonly file: string;
  readonly freeze: string;
  readonly thaw: string;
  readonly state: string;
  readonly frozen: RegExp;
} {
  return version === 2
    ? { file: "cgroup.freeze", freeze: "1", thaw: "0", state: "cgroup.events", frozen: /^frozen 1$/m }
    : { file: "freezer.state", freeze: "FROZEN", thaw: "THAWED", state: "freezer.state", frozen: /^FROZEN$/m };
}
