import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InfoReply } from "../api/replies.ts";
import { openDockerFixture, printed, untilPrinted, type DockerFixture } from "../docker-fixture.ts";

const MIB = 1024 * 1024;
const LARGE = 16 * MIB;
/** Holds this many bytes for a moment. */
const hold = (bytes: number, then = "") => [
  "sh",
  "-c",
  `x=$(head -c ${bytes} /dev/zero | tr '\\0' x); echo "\${#x}"; ${then}`,
];

let fixture: DockerFixture;
let told = { runs: false, jobs: false };
beforeAll(async () => {
  fixture = openDockerFixture();
  const { CgroupDriver } = await fixture.api.json({ method: "GET", path: "/info" }, InfoReply);
  const version1 = existsSync("/sys/fs/cgroup/memory/memory.max_usage_in_bytes");
  const asRoot = process.getuid?.() === 0;
  told = { runs: asRoot && version1, jobs: asRoot && CgroupDriver === "cgroupfs" };
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** The kernel's own figure, or nothing where this host keeps it from us; never a guess. */
function expectPeak(peak: number | null, isTold: boolean): void {
  const shown = peak ?? (isTold ? 0 : LARGE + 1);
  expect(shown).toBeGreaterThan(LARGE);
  expect(shown).toBeLessThanOrEqual(128 * MIB);
}

test("a run tells what it took at most, and the next one not what that took", async () => {
  const id = await fixture.sandbox();
  const large = await printed(await fixture.exec(id, hold(LARGE)));
  expect(large).toMatchObject({ out: `${LARGE}\n`, exit: { exitCode: 0 } });
  expectPeak(large.exit.peakMemoryBytes, told.runs);
  const small = await printed(await fixture.exec(id, ["true"]));
  const peak = small.exit.peakMemoryBytes ?? (told.runs ? LARGE : 1);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThan(LARGE);
});

test("a run beside another one does not begin the measure of that anew", async () => {
  const id = await fixture.sandbox();
  const first = await fixture.exec(id, hold(LARGE, "sleep 60"));
  await untilPrinted(first, `${LARGE}\n`);
  const second = await printed(await fixture.exec(id, ["true"]));
  await first.kill();
  expectPeak((await first.exit).peakMemoryBytes, told.runs);
  // What it took is not known, for the kernel tells the most of both.
  expect(second.exit.peakMemoryBytes ?? LARGE + 1).toBeGreaterThan(LARGE);
});

test("a job tells what it took at most, and leaves no control group behind", async () => {
  // Without any container the engine cannot be told for one of this host.
  await fixture.sandbox();
  const { id, run } = await fixture.job(hold(LARGE));
  const { out, exit } = await printed(run);
  expect({ out, exitCode: exit.exitCode }).toEqual({ out: `${LARGE}\n`, exitCode: 0 });
  expectPeak(exit.peakMemoryBytes, told.jobs);
  const groups = ["memory", "pids", "cpu", "."].map((hierarchy) => `/sys/fs/cgroup/${hierarchy}/moorage-jobs/${id}`);
  expect(groups.some((path) => existsSync(path))).toBe(told.jobs);
  await fixture.engine.remove(id);
  expect(groups.filter((path) => existsSync(path))).toEqual([]);
});

test("a child that the kernel ends is told beside its program, which came to an end of its own", async () => {
  const id = await fixture.sandbox({ limits: { memoryBytes: 64 * MIB, cpus: 1, pids: 64 } });
  const bomb = "dd if=/dev/zero of=/dev/null bs=256M count=1";
  const survivor = await printed(await fixture.exec(id, ["sh", "-c", `${bomb}; exit 3`]));
  expect(survivor.exit).toMatchObject({ exitCode: 3, signal: null, oomKilled: false });
  expect(survivor.exit.oomKilledBeside ?? !told.runs).toBe(true);
  const next = await printed(await fixture.exec(id, ["sh", "-c", "kill -KILL $$"]));
  expect(next.exit).toMatchObject({ exitCode: 137, oomKilled: false });
  const { run } = await fixture.job(["sh", "-c", `${bomb}; exit 4`], {
    limits: { memoryBytes: 64 * MIB, cpus: 1, pids: 64 },
  });
  const job = await printed(run);
  expect(job.exit).toMatchObject({ exitCode: 4, oomKilled: false, oomKilledBeside: true });
});
