import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, test } from "vitest";
import { newId } from "../../base/ids.ts";
import { collect, eventually, readStdout } from "../conformance/collect.ts";
import { detectControlGroups } from "./group/control-group-detection.ts";
import { groupMounts } from "../group/group-mounts.ts";
import { endGroup, groupsBelow, removeEmptyGroup } from "./group/control-group-files.ts";
import { createControlGroups } from "./group/control-groups.ts";
import { identityToken, ownIdentity } from "./host/process-identity.ts";
import { openEngine } from "./testing/open-engine.ts";
import { runSpec } from "./testing/unit-specs.ts";

const MIB = 1024 * 1024;
const LIMITS = { memoryBytes: 96 * MIB, cpus: 1, pids: 20 };
const CHILDREN = ["sh", "-c", "i=0; while [ $i -lt 100 ]; do sleep 3 & i=$((i+1)); echo $i; done 2>/dev/null"];
const held = (children: number): readonly string[] => [
  "sh",
  "-c",
  'i=0; while [ $i -lt "$1" ]; do sleep 30 & i=$((i+1)); done; echo held; wait',
  "sh",
  String(children),
];
/** Eight processes, each well below the limit, together far over it; they live for a while or until they are ended. */
const many = (seconds: number): readonly string[] => [
  "python3",
  "-c",
  "import os,sys,time\nfor _ in range(3): os.fork()\nx = b'x' * 24_000_000\ntime.sleep(int(sys.argv[1]))",
  String(seconds),
];

describe("limits kept by control groups", () => {
  const opened = openEngine();
  afterAll(() => opened[Symbol.asyncDispose]());

  test("hold for all runs of a sandbox together, and for nobody else", async () => {
    const id = await opened.sandbox({ limits: LIMITS });
    const first = await opened.engine.exec(id, runSpec(held(15)));
    await readStdout(first).until("held");
    const { out } = await opened.exec(id, CHILDREN);
    const started = Number(out.trim().split("\n").at(-1));
    expect(started).toBeLessThan(5);
    await first.kill();
    const fresh = await opened.exec(id, CHILDREN);
    expect(Number(fresh.out.trim().split("\n").at(-1))).toBe(LIMITS.pids - 1);
    await opened.engine.remove(id);
  });

  test("count the memory of all processes, and what is in /tmp of a job", async () => {
    const together = await opened.job(many(1), { limits: LIMITS });
    expect((await collect(together)).exit).toMatchObject({ oomKilled: true });
    const fill = await opened.job(["dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=500"], { limits: LIMITS });
    const { exit, err } = await collect(fill);
    expect(exit.exitCode).not.toBe(0);
    expect(exit.oomKilled || /No space left/.test(err)).toBe(true);
    expect(exit.peakMemoryBytes ?? 0).toBeGreaterThan(40 * MIB);
  });

  test("a child that the kernel ends is told beside its program, which came to an end of its own", async () => {
    const id = await opened.sandbox({ limits: LIMITS });
    const bomb = "dd if=/dev/zero of=/dev/null bs=256M count=1";
    const survivor = await opened.exec(id, ["sh", "-c", `${bomb}; exit 3`]);
    expect(survivor.exit).toMatchObject({ exitCode: 3, signal: null, oomKilled: false, oomKilledBeside: true });
    const next = await opened.exec(id, ["sh", "-c", "kill -KILL $$"]);
    expect(next.exit).toMatchObject({ exitCode: 137, oomKilled: false });
    await opened.engine.remove(id);
  });

  test("a run that is out of processes leaves its sandbox's files within reach", async () => {
    const id = await opened.sandbox({ limits: LIMITS });
    const full = await opened.engine.exec(id, runSpec(held(LIMITS.pids - 1)));
    await readStdout(full).until("held");
    await expect(opened.engine.exec(id, runSpec(["true"]))).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(await opened.engine.files.list(id, "/workspace")).toEqual([]);
    await full.kill();
    expect((await opened.exec(id, ["echo", "usable"])).out).toBe("usable\n");
  });

  test("the highest use of memory is that of the run", async () => {
    const id = await opened.sandbox();
    const large = await opened.exec(id, ["python3", "-c", "x = b'x' * 80_000_000"]);
    expect(large.exit.peakMemoryBytes ?? 0).toBeGreaterThan(80_000_000);
    const small = await opened.exec(id, ["true"]);
    expect(small.exit.peakMemoryBytes ?? Infinity).toBeLessThan(60_000_000);
  });
});

describe("limits kept without control groups", () => {
  const opened = openEngine({ controlGroups: "off" });
  afterAll(() => opened[Symbol.asyncDispose]());

  test("hold for processes, and approximately for memory", async () => {
    const children = await collect(await opened.job(CHILDREN, { limits: LIMITS }));
    expect(Number(children.out.trim().split("\n").at(-1))).toBeLessThan(LIMITS.pids + 1);
    const together = await collect(await opened.job(many(15), { limits: LIMITS }));
    expect(together.exit).toMatchObject({ exitCode: 137, signal: "SIGKILL", oomKilled: true, peakMemoryBytes: null });
    const one = await collect(await opened.job(["python3", "-c", "x = b'x' * 200_000_000"], { limits: LIMITS }));
    expect(one.err).toMatch(/MemoryError/);
  });

  test("a sandbox that is removed by another engine ends, with all that ran in it", async () => {
    const id = await opened.sandbox();
    const run = await opened.engine.exec(id, runSpec(["sh", "-c", "setsid sleep 60 & sleep 60"]));
    await using other = opened.again();
    await other.remove(id);
    expect(await run.exit).toMatchObject({ exitCode: 137 });
  });

  test("are told as what they are", async () => {
    const { warnings } = await opened.engine.info();
    expect(warnings.join("\n")).toMatch(/watchdog/);
    expect(warnings.join("\n")).toMatch(/processor/);
    expect(warnings.join("\n")).toMatch(/installing system packages is not possible/);
    const groups = (await opened.engine.diagnose()).find(({ check }) => check === "engine.cgroups");
    expect(groups?.status).toBe("warning");
    expect(groups?.fix).toMatch(/root/);
  });

  test("Node, which reserves far more memory than it uses, runs", async () => {
    const job = await opened.job(["/usr/bin/node", "-p", "6*7"], { limits: { ...LIMITS, memoryBytes: 512 * MIB } });
    const { out, exit } = await collect(job);
    // 127 where this host's Node is outside of the system directories.
    expect([
      ["42\n", 0],
      ["", 127],
    ]).toContainEqual([out, exit.exitCode]);
  });
});

describe("control groups themselves", () => {
  test("are there for as long as a unit, and their common parent no longer than all", async () => {
    const name = `moorage-test-${newId()}`;
    const layout = await detectControlGroups({ name, token: identityToken(await ownIdentity()), sh: "/bin/sh" });
    expect(layout).toBeDefined();
    if (layout === undefined) return;
    const groups = createControlGroups(layout);
    const unit = groups.unit(newId());
    await unit.prepare(LIMITS);
    const run = await unit.openRun("run");
    const child = spawn("/bin/sh", ["-c", 'for f; do echo 0 >"$f"; done; exec sleep 60', "sh", ...run.entrances]);
    await eventually("the process in its group", async () => ((await run.processes()).length > 0 ? true : undefined));
    expect(await run.processes()).toEqual([child.pid]);
    const ended = once(child, "exit");
    await unit.remove();
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(await groups.units()).toEqual([]);
    for (const parent of Object.values(layout.parents)) expect(await removeEmptyGroup(parent)).toBe(true);
  });

  test("of version 2 freeze, tell their processes and end", async () => {
    const base = await unifiedMount();
    const parent = `${base}/moorage-test-${newId()}`;
    const groups = createControlGroups({ version: 2, parents: { freezer: parent } });
    const unit = groups.unit("unit");
    await unit.prepare(LIMITS);
    const run = await unit.openRun("run");
    const child = spawn("/bin/sh", ["-c", 'echo 0 >"$1"; exec sleep 60', "sh", ...run.entrances]);
    await eventually("the process in its group", async () => ((await run.processes()).length > 0 ? true : undefined));
    let seen: readonly number[] = [];
    const held = [true, false];
    const isHeld = async () => Promise.resolve(held.shift() ?? false);
    const frozen = async () => (await readFile(`${parent}/unit/run/cgroup.events`, "utf8")).includes("frozen 1");
    await run.whileFrozen(async () => {
      seen = await run.processes();
    }, isHeld);
    expect(seen).toEqual([child.pid]);
    expect(await frozen()).toBe(true);
    await unit.thaw();
    expect(await frozen()).toBe(false);
    await unit.freeze();
    expect(await frozen()).toBe(true);
    await run.whileFrozen(async () => Promise.resolve(), isHeld);
    expect(await frozen()).toBe(false);
    const ended = once(child, "exit");
    await run.remove();
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(await unit.oomKills()).toBe(0);
    expect(await unit.peakMemoryBytes()).toBeNull();
    await unit.remove();
    await endGroup(parent);
    expect((await groupsBelow(base)).filter((name) => name.startsWith("moorage-test-"))).toEqual([]);
  });
});

async function unifiedMount(): Promise<string> {
  const mounts = groupMounts(await readFile("/proc/self/mountinfo", "utf8"));
  const unified = mounts.find(({ version }) => version === 2);
  if (unified === undefined) throw new Error("This host has no control groups of version 2.");
  return unified.path;
}
