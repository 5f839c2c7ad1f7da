import { expect, test } from "vitest";
import { groupMounts } from "../../group/group-mounts.ts";
import { limitSettings } from "./control-group-limits.ts";

const LIMITS = { memoryBytes: 67_108_864, cpus: 0.5, pids: 32 };

test("limits as version 1 takes them, memory before memory with swap", () => {
  expect(limitSettings(1, LIMITS, 2).map(({ file, value }) => `${file} ${value}`)).toEqual([
    "memory.limit_in_bytes 67108864",
    "memory.memsw.limit_in_bytes 67108864",
    "pids.max 34",
    "cpu.cfs_period_us 100000",
    "cpu.cfs_quota_us 50000",
  ]);
});

test("limits as version 2 takes them, without swap", () => {
  expect(limitSettings(2, { ...LIMITS, cpus: 0.001 }, 4).map(({ file, value }) => `${file} ${value}`)).toEqual([
    "memory.max 67108864",
    "memory.swap.max 0",
    "pids.max 36",
    "cpu.max 1000 100000",
  ]);
});

test("hierarchies are found where they are mounted", () => {
  const mountinfo = [
    "31 24 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755",
    "32 31 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw",
    "33 31 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:11 - cgroup cgroup rw,cpu,cpuacct",
    String.raw`34 31 0:29 / /sys/fs/c\040group/memory rw,nosuid - cgroup cgroup rw,memory`,
    "",
  ].join("\n");
  expect(groupMounts(mountinfo)).toEqual([
    { path: "/sys/fs/cgroup/unified", version: 2, options: [] },
    { path: "/sys/fs/cgroup/cpu,cpuacct", version: 1, options: ["rw", "cpu", "cpuacct"] },
    { path: "/sys/fs/c group/memory", version: 1, options: ["rw", "memory"] },
  ]);
});
