import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { groupUsage } from "./group-usage.ts";

async function withFiles(
  files: Readonly<Record<string, string>>,
  work: (root: string) => Promise<void>,
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "moorage-groups-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    await work(root);
  } finally {
    await rm(root, { recursive: true });
  }
}

it("version 1 counts in a hierarchy for each controller", async () => {
  const files = {
    "memory/u/memory.usage_in_bytes": "1000\n",
    "memory/u/memory.stat": "inactive_file 1\ntotal_inactive_file 400\n",
    "cpu/u/cpuacct.usage": "1500000000\n",
    "pids/u/pids.current": "3\n",
  };
  await withFiles(files, async (root) => {
    const parents = { memory: join(root, "memory"), cpu: join(root, "cpu"), pids: join(root, "pids") };
    expect(groupUsage({ version: 1, parents }, "u")).toEqual({ memoryBytes: 600, cpuMs: 1500, pids: 3 });
    const nothing = { memoryBytes: null, cpuMs: null, pids: null };
    expect(groupUsage({ version: 1, parents: {} }, "u")).toEqual(nothing);
    expect(groupUsage({ version: 1, parents }, "absent")).toEqual(nothing);
  });
});

it("version 2 counts in one", async () => {
  const files = {
    "u/memory.current": "1000\n",
    "u/memory.stat": "anon 600\ninactive_file 400\n",
    "u/cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
    "u/pids.current": "3\n",
  };
  await withFiles(files, async (root) => {
    const parents = { memory: root, cpu: root, pids: root };
    expect(groupUsage({ version: 2, parents }, "u")).toEqual({ memoryBytes: 600, cpuMs: 1500, pids: 3 });
  });
});
