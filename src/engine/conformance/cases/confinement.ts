import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { collect } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const MIB = 1024 * 1024;
// The kernel gives these to every network namespace, without an address and down.
const KERNEL_INTERFACES = /^(lo|sit0|tunl0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0)$/;

export function describeConfinement(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("confinement, seen from inside", () => {
    describeProcesses(fixture);
    describeSurroundings(fixture);
    describeLimits(fixture);
    if (harness.supports.cpuLimit) describeCpuLimit(fixture);
    else describeNoCpuLimit(fixture);
  });
}

/** For engines that confine nothing. */
export function describeNoConfinement(fixture: () => Fixture): void {
  test("an engine that confines nothing says so", async () => {
    const info = await soon(fixture().engine.info(), "info");
    expect(info.isolation).toBe("none");
    expect(info.warnings.length).toBeGreaterThan(0);
  });
}

async function jobReads(fixture: Fixture, path: string): Promise<string> {
  await using unit = await fixture.job({ command: fixture.harness.programs.readFile(path) });
  return (await collect(unit.run)).out;
}

function describeProcesses(fixture: () => Fixture): void {
  test("a job has no capabilities, cannot gain any, and its system calls are filtered", async () => {
    const status = await jobReads(fixture(), "/proc/self/status");
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) expect(status).toMatch(`${set}:\t0000000000000000`);
    expect(status).toMatch("NoNewPrivs:\t1");
    expect(status).toMatch("Seccomp:\t2");
  });

  test("a sandbox cannot gain privileges either, and has only the capabilities that were asked for", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const { out: status } = await collect(await exec(unit, harness.programs.readFile("/proc/self/status")));
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapAmb"]) expect(status).toMatch(`${set}:\t0000000000000000`);
    expect(status).toMatch("NoNewPrivs:\t1");
    expect(status).toMatch("Seccomp:\t2");
  });

  test("a job's root filesystem is mounted read-only", async () => {
    const mounts = await jobReads(fixture(), "/proc/self/mounts");
    const root = mounts.split("\n").filter((line) => line.split(" ")[1] === "/");
    expect(root.at(-1)?.split(" ")[3]?.split(",")).toContain("ro");
  });
}

function describeSurroundings(fixture: () => Fixture): void {
  test("without a network there is no interface but the loopback, and no route", async () => {
    const devices = (await jobReads(fixture(), "/proc/net/dev"))
      .split("\n")
      .slice(2)
      .filter((line) => line !== "");
    const names = devices.map((line) => line.split(":")[0]?.trim() ?? "");
    expect(names).toContain("lo");
    expect(names.filter((name) => !KERNEL_INTERFACES.test(name))).toEqual([]);
    const routes = (await jobReads(fixture(), "/proc/net/route")).trim().split("\n");
    expect(routes.slice(1)).toEqual([]);
  });

  test("files and processes of the host are not there", async () => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-conformance-"));
    try {
      await writeFile(join(directory, "marker"), "the host's");
      expect(await jobReads(fixture(), join(directory, "marker"))).toBe("");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    expect(await jobReads(fixture(), "/proc/1/cmdline")).not.toMatch(/systemd|\/sbin\/init$/);
    expect(await jobReads(fixture(), `/proc/${process.pid}/environ`)).not.toMatch("VITEST");
  });

  test("two units do not see each other's files", async () => {
    const { sandbox, exec, harness } = fixture();
    await using one = await sandbox();
    await using other = await sandbox();
    for (const path of ["/workspace/private", "/tmp/private"]) {
      await collect(await exec(one, harness.programs.writeFile(path, "secret")));
      const { out, exit } = await collect(await exec(other, harness.programs.readFile(path)));
      expect({ out, failed: exit.exitCode !== 0 }).toEqual({ out: "", failed: true });
    }
  });
}

function describeLimits(fixture: () => Fixture): void {
  test.each(["/tmp", "/run"])("what is written to %s stays below the memory limit", async (directory) => {
    const { job, harness } = fixture();
    const limits = { memoryBytes: 64 * MIB, cpus: 1, pids: 64 };
    await using unit = await job({ command: harness.programs.fillFile(`${directory}/large`, 128 * MIB), limits });
    expect((await collect(unit.run)).exit.exitCode).not.toBe(0);
  });

  test("no more processes start than the limit allows", { timeout: 60_000 }, async () => {
    const { job, harness } = fixture();
    const limits = { memoryBytes: 128 * MIB, cpus: 1, pids: 24 };
    await using unit = await job({ command: harness.programs.startChildren(100), limits });
    const { out, exit } = await collect(unit.run);
    const started = out.trim().split("\n").length;
    expect(started).toBeGreaterThan(4);
    expect(started).toBeLessThan(24);
    expect(exit.exitCode).not.toBe(0);
  });
}

function describeCpuLimit(fixture: () => Fixture): void {
  test("a program gets no more processor time than its share", { timeout: 60_000 }, async () => {
    const { job, harness } = fixture();
    const limits = { memoryBytes: 128 * MIB, cpus: 0.25, pids: 64 };
    await using unit = await job({ command: harness.programs.burn(3), limits });
    const { out } = await collect(unit.run);
    // Three seconds by the clock of whole seconds are up to four, and a share is granted in slices.
    expect(Number(out)).toBeGreaterThan(0);
    expect(Number(out)).toBeLessThan(0.25 * 400 * 1.4);
  });
}

function describeNoCpuLimit(fixture: () => Fixture): void {
  test("an engine that cannot limit processors warns of it", async () => {
    expect((await soon(fixture().engine.info(), "info")).warnings.join("\n")).toMatch(/cpu|processor/i);
  });
}
