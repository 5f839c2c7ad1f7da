import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { DoctorReport, Finding } from "../../contracts/types.ts";
import type { MemoryEngineOptions } from "../../engine/memory/memory-engine.ts";
import { openMemoryDomain, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { probeShell, probeText, type ProbeChange } from "../../../test/fixtures/probe-text.ts";

type Home = AsyncDisposable & { readonly path: string };

async function openHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), "moorage-doctor-"));
  await mkdir(join(path, "keys"), { mode: 0o700 });
  await writeFile(join(path, "keys", "labels"), "key", { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

type Setting = {
  readonly probe?: ProbeChange;
  readonly engine?: MemoryEngineOptions;
  readonly before?: (domain: MemoryDomain, home: Home) => Promise<void> | void;
  readonly preflight?: boolean;
  readonly warnings?: readonly string[];
};

async function examine({ probe, engine, before, preflight, warnings = [] }: Setting = {}): Promise<DoctorReport> {
  await using home = await openHome();
  const options = { programs: { sh: probeShell(probeText(probe)) }, ...engine };
  await using domain = openMemoryDomain({ stateDirectory: home.path, warnings }, options);
  await before?.(domain, home);
  const report = await domain.platform.system.doctor(preflight === undefined ? {} : { preflight });
  for (const { status, fix, check } of report.findings) {
    expect({ check, hasFix: fix !== null }).toEqual({ check, hasFix: status !== "ok" });
  }
  return report;
}

function of(report: DoctorReport, check: string): Finding {
  const finding = report.findings.find((each) => each.check === check);
  if (finding === undefined) throw new Error(`There is no finding ${check}: ${JSON.stringify(report.findings)}`);
  return finding;
}

describe("doctor", () => {
  it("is ok when a sandbox ran and showed what was asked for", async () => {
    const report = await examine();
    const unwell = report.findings.filter(({ status }) => status !== "ok").map(({ check }) => check);
    const refused = ["network.internal", "network.allow", "network.open"];
    expect(unwell.filter((check) => check !== "system.container")).toEqual(["engine", ...refused]);
    expect(report).toMatchObject({ ok: true, engine: "memory" });
    expect(report.findings.map(({ check }) => check)).toEqual([
      "engine",
      "image",
      "sandbox",
      "sandbox.memory",
      "sandbox.pids",
      "sandbox.cpus",
      "sandbox.capabilities",
      "sandbox.privileges",
      "sandbox.seccomp",
      "sandbox.user",
      "sandbox.network",
      "sandbox.rootfs",
      ...refused,
      "system.disk",
      "system.disk-limits",
      "system.clock",
      "system.container",
      "system.state",
      "system.recovery",
    ]);
    expect(of(report, "sandbox.memory").message).toContain(
      "512 MiB of memory and no swap beside it, read inside from /sys",
    );
    expect(of(report, "image").message).toMatch(/^python:3\.11-slim \(.*sha256:[0-9a-f]{64}\) is on this engine\.$/);
  });

  it("runs its look as a job like any other: recorded, with a receipt, and nothing left behind", async () => {
    await using home = await openHome();
    const programs = { sh: probeShell(probeText()) };
    await using domain = openMemoryDomain({ stateDirectory: home.path }, { programs });
    const report = await domain.platform.system.doctor({});
    const { items } = await domain.platform.receipt.list({});
    expect(items).toHaveLength(1);
    expect(of(report, "sandbox").message).toContain(`receipt ${items[0]?.id}`);
    expect(items[0]).toMatchObject({ operation: "job.run", agentId: null, status: "succeeded", profile: "job" });
    expect(await domain.context.engine.list()).toEqual([]);
    expect(await readdir(home.path)).toEqual(["keys"]);
  });

  it.each<[string, ProbeChange, RegExp]>([
    ["sandbox.memory", { memory: "1073741824" }, /Memory is 1 GiB, .*asked: 512 MiB/],
    ["sandbox.memory", { memory: "9223372036854771712" }, /Memory is unlimited/],
    ["sandbox.pids", { pids: "max" }, /Processes are unlimited, .*asked: 256/],
    ["sandbox.cpus", { quota: "-1" }, /processor share is unlimited, .*asked: 1/],
    ["sandbox.cpus", { quota: "200000" }, /processor share is 2, /],
    ["sandbox.capabilities", { CapEff: "00000000a80425fb" }, /capabilities are 00000000a80425fb; expected none/],
    ["sandbox.privileges", { NoNewPrivs: "0" }, /can gain privileges/],
    ["sandbox.seccomp", { Seccomp: "0" }, /mode is 0, expected 2/],
    ["sandbox.user", { Uid: "0" }, /Runs as root/],
    ["sandbox.network", { interface: "eth0" }, /interfaces \(eth0\)/],
    ["sandbox.network", { route: "eth0" }, /routes \(eth0\)/],
    ["sandbox.rootfs", { root: "rw,relatime" }, /mounted rw/],
    ["sandbox.rootfs", { written: "/var/tmp" }, /written to: \/var\/tmp/],
  ])("fails %s when the inside shows %o", async (check, probe, message) => {
    const report = await examine({ probe });
    expect(of(report, check)).toMatchObject({ status: "failed", message: expect.stringMatching(message) as string });
    expect(report.ok).toBe(false);
  });

  it("reads the limits of control groups v2 too", async () => {
    const v2: ProbeChange = {
      "memory.from": "/sys/fs/cgroup/memory.max",
      memsw: undefined,
      swap: "0",
      quota: undefined,
      period: undefined,
      cpu: "100000 100000",
      "cpu.from": "/sys/fs/cgroup/cpu.max",
    };
    expect(await examine({ probe: v2 })).toMatchObject({ ok: true });
    const unlimited = await examine({ probe: { ...v2, cpu: "max 100000" } });
    expect(of(unlimited, "sandbox.cpus")).toMatchObject({ status: "failed" });
  });

  it("warns when a run could use swap beside its memory, and stays ok", async () => {
    const report = await examine({ probe: { memsw: undefined } });
    expect(of(report, "sandbox.memory")).toMatchObject({ status: "warning" });
    expect(report.ok).toBe(true);
    const without = await examine({ probe: { memsw: undefined, swapTotal: "0" } });
    expect(of(without, "sandbox.memory")).toMatchObject({ status: "ok" });
  });
});

describe("doctor, where limits cannot be seen from inside", () => {
  const hidden: ProbeChange = {
    memory: undefined,
    memsw: undefined,
    pids: undefined,
    quota: undefined,
    period: undefined,
  };
  const held = (script: string): string => (script.includes("uptime") ? "30 150\n" : "1\n2\n3\n");

  it("tries to exceed each, and is ok when all hold", async () => {
    const programs = { sh: probeShell(probeText(hidden), held), dd: () => 137 };
    const report = await examine({ engine: { programs } });
    expect(report.ok).toBe(true);
    expect(of(report, "sandbox.memory").message).toBe("Held at 64 MiB when a run tried to get more.");
    expect(of(report, "sandbox.pids").message).toContain("Held at 16 processes");
    expect(of(report, "sandbox.cpus").message).toContain("Held at a processor share of 0.2");
  });

  it("fails what a run could exceed", async () => {
    const got = (script: string): string => (script.includes("uptime") ? "149 150\n" : "1\n".repeat(40));
    const programs = { sh: probeShell(probeText(hidden), got), dd: () => 0 };
    const report = await examine({ engine: { programs } });
    for (const check of ["sandbox.memory", "sandbox.pids", "sandbox.cpus"]) {
      expect(of(report, check)).toMatchObject({
        status: "failed",
        message: expect.stringMatching("got more") as string,
      });
    }
  });

  it("says what it could not verify", async () => {
    const programs = { sh: probeShell(probeText(hidden)), dd: () => 127 };
    const report = await examine({ engine: { programs } });
    for (const check of ["sandbox.memory", "sandbox.pids", "sandbox.cpus"]) {
      expect(of(report, check)).toMatchObject({ status: "warning" });
    }
    expect(of(report, "sandbox.memory").message).toContain("ended with 127");
  });
});

describe("doctor, when a sandbox cannot run", () => {
  it("never rejects for an engine that does not work", async () => {
    const report = await examine({ before: ({ control }) => control.failNext("info", unreachable()) });
    expect(report.ok).toBe(false);
    expect(of(report, "image").message).toBe("Not checked: the engine does not work.");
    expect(of(report, "sandbox")).toMatchObject({ status: "failed" });
    expect(of(report, "system.disk").message).toContain("for Moorage's state in /");
  });

  it("tells the state of a missing image, and pulls one that a registry has", async () => {
    const host = { units: new Map(), images: new Map(), volumes: new Map(), networks: new Map() };
    const missing = await examine({ engine: { host } });
    expect(of(missing, "image")).toMatchObject({
      status: "failed",
      fix: expect.stringContaining("spelling") as string,
    });
    expect(of(missing, "sandbox").message).toBe("Not checked: there is no image.");
    const programs = { sh: probeShell(probeText()) };
    const pulled = await examine({ engine: { host, programs, registry: ["python:3.11-slim"] } });
    expect(of(pulled, "image").message).toMatch(/was missing and has been pulled\.$/);
    expect(pulled.ok).toBe(true);
  });

  it("passes on why a sandbox did not start, with the way out", async () => {
    const error = new MoorageError("START_FAILED", "The container did not start: no seccomp.", { hint: "Do this." });
    const report = await examine({ before: ({ control }) => control.failNext("startJob", error) });
    expect(of(report, "sandbox")).toMatchObject({ status: "failed", message: error.message, fix: "Do this." });
    expect(report.findings.some(({ check }) => check.startsWith("sandbox."))).toBe(false);
  });

  it("tells an image without a shell from a shell that failed", async () => {
    const none = await examine({ engine: { programs: { sh: () => 127 } } });
    expect(of(none, "sandbox")).toMatchObject({ status: "failed", fix: expect.stringContaining("/bin/sh") as string });
    const programs = {
      sh: async ({ stderr }: { stderr: (text: string) => Promise<void> }) => {
        await stderr("sh: cannot fork\n");
        return 2;
      },
    };
    const failing = await examine({ engine: { programs } });
    expect(of(failing, "sandbox").message).toBe("A sandbox started, but its job ended with 2: sh: cannot fork.");
    expect(failing.ok).toBe(false);
  });

  it("does not count a look that was cut short", async () => {
    const report = await examine({ probe: { end: undefined } });
    expect(of(report, "sandbox")).toMatchObject({ status: "failed" });
  });

  it("ends with its caller", async () => {
    await using domain = openMemoryDomain();
    const canceled = domain.platform.system.doctor({}, { signal: AbortSignal.abort() });
    await expect(canceled).rejects.toMatchObject({ code: "CANCELED" });
  });
});

describe("doctor --preflight", () => {
  const order = ["engine.installed", "engine.answers", "engine.permission", "image", "sandbox"];
  const statuses = (report: DoctorReport) => report.findings.map(({ status }) => status);

  it("has five checks, all ok where a sandbox runs with its limits", async () => {
    const report = await examine({ preflight: true });
    expect(report.findings.map(({ check }) => check)).toEqual(order);
    expect(report.ok).toBe(true);
    expect(of(report, "sandbox").message).toContain("Its limits are in force.");
  });

  it.each([
    ["ENGINE_NOT_INSTALLED", "engine.installed", ["failed", "failed", "failed", "failed", "failed"]],
    ["ENGINE_UNREACHABLE", "engine.answers", ["ok", "failed", "failed", "failed", "failed"]],
    ["ENGINE_TIMEOUT", "engine.answers", ["ok", "failed", "failed", "failed", "failed"]],
    ["ENGINE_PERMISSION", "engine.permission", ["ok", "failed", "failed", "failed", "failed"]],
  ] as const)("%s is the finding %s, and the rest is not checked", async (code, culprit, expected) => {
    const error = new MoorageError(code, "It is broken.", { hint: "Mend it." });
    const report = await examine({ preflight: true, before: ({ control }) => control.failNext("info", error) });
    expect(report.findings.map(({ check }) => check)).toEqual(order);
    expect(statuses(report)).toEqual(expected);
    expect(of(report, culprit)).toMatchObject({ message: "It is broken.", fix: "Mend it." });
    const others = report.findings.filter(({ check, status }) => check !== culprit && status === "failed");
    for (const { message } of others) expect(message).toBe(`Not checked: \`${culprit}\` failed.`);
    expect(report.ok).toBe(false);
  });

  it("fails the last check alone when a limit is not in force", async () => {
    const report = await examine({ preflight: true, probe: { pids: "max" } });
    expect(statuses(report)).toEqual(["ok", "ok", "ok", "ok", "failed"]);
    expect(of(report, "sandbox").message).toContain("Processes are unlimited");
  });

  it("does not run a sandbox without an image", async () => {
    const host = { units: new Map(), images: new Map(), volumes: new Map(), networks: new Map() };
    const report = await examine({ preflight: true, engine: { host } });
    expect(statuses(report)).toEqual(["ok", "ok", "ok", "failed", "failed"]);
  });
});

describe("doctor on the system around", () => {
  it("tells how the engine was chosen", async () => {
    const report = await examine({ warnings: ["Docker is not installed. Using the embedded process engine."] });
    expect(of(report, "engine.choice")).toMatchObject({ status: "warning" });
    expect(report.ok).toBe(true);
  });

  it("fails when others can read a key", async () => {
    const report = await examine({ before: (_domain, home) => chmod(join(home.path, "keys", "labels"), 0o644) });
    expect(of(report, "system.state")).toMatchObject({
      status: "failed",
      message: expect.stringMatching(/keys\/labels \(mode 0644\); expected mode 0600/) as string,
      fix: expect.stringContaining("chmod -R go= /") as string,
    });
    expect(report.ok).toBe(false);
  });

  it("fails when its state cannot be written", async () => {
    const report = await examine({ before: (_domain, home) => rm(home.path, { recursive: true }) });
    expect(of(report, "system.state")).toMatchObject({
      status: "failed",
      fix: expect.stringContaining("MOORAGE_HOME") as string,
    });
  });

  it("warns when the engine's host has another time", async () => {
    const report = await examine({ probe: { time: String(Math.floor(Date.now() / 1000) - 60) } });
    expect(of(report, "system.clock")).toMatchObject({
      status: "warning",
      message: expect.stringContaining("The clock of the engine's host differs") as string,
    });
  });
});

function unreachable(): MoorageError {
  return new MoorageError("ENGINE_UNREACHABLE", "Docker does not answer at unix:///nowhere (ENOENT).");
}
