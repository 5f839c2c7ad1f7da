import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codeOf, collect } from "../collect.ts";
import { readText } from "../file-text.ts";
import { jobSpec, soon, type Fixture } from "../fixture.ts";
import { makeHostDirectory } from "../host-directory.ts";
import type { ConformanceHarness } from "../harness.ts";

const MIB = 1024 * 1024;

export function describeWorkspaces(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("workspaces and what a job may write", () => {
    const { workspaces } = harness.supports;
    if (workspaces.includes("host")) {
      describeHost(fixture);
      describeSandboxes(fixture);
    } else refused(fixture, "host");
    if (workspaces.includes("memory")) describeCap(fixture);
    for (const type of ["volume", "memory"] as const) {
      if (workspaces.includes(type)) describeOwn(fixture, type);
      else refused(fixture, type);
    }
    describeRoot(fixture);
  });
}

function refused(fixture: () => Fixture, type: "host" | "volume" | "memory"): void {
  test(`a ${type} workspace is refused`, async () => {
    await using directory = await makeHostDirectory();
    const { engine, harness } = fixture();
    const spec = jobSpec(harness, { command: harness.programs.exit(0), workspace: workspace(type, directory.path) });
    await expect(soon(engine.startJob(spec), "startJob")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
    expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
  });
}

function workspace(type: "host" | "volume" | "memory", path: string) {
  if (type === "host") return { type, path };
  return type === "memory" ? { type, sizeBytes: 16 * MIB } : { type };
}

function describeHost(fixture: () => Fixture): void {
  test("a job reads and writes a directory of the host, and what it writes belongs to its user", async () => {
    await using directory = await makeHostDirectory();
    const { job, harness } = fixture();
    await writeFile(join(directory.path, "given"), "by the host");
    const place = { workspace: { type: "host", path: directory.path }, user: directory.owner } as const;
    await using reads = await job({ command: harness.programs.readFile("/workspace/given"), ...place });
    expect((await collect(reads.run)).out).toBe("by the host");
    await using writes = await job({ command: harness.programs.writeFile("/workspace/made", "by the job"), ...place });
    const { exit, err } = await collect(writes.run);
    expect({ exitCode: exit.exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(await readFile(join(directory.path, "made"), "utf8")).toBe("by the job");
    const { uid, gid } = await stat(join(directory.path, "made"));
    expect({ uid, gid }).toEqual(directory.owner);
  });

  test("removing the job leaves the host's directory as it is", async () => {
    await using directory = await makeHostDirectory();
    const { job, harness } = fixture();
    const place = { workspace: { type: "host", path: directory.path }, user: directory.owner } as const;
    const unit = await job({ command: harness.programs.writeFile("/workspace/kept", "kept"), ...place });
    await collect(unit.run);
    await unit[Symbol.asyncDispose]();
    expect(await readFile(join(directory.path, "kept"), "utf8")).toBe("kept");
  });

  test("names of every kind in a host's path are taken as they are", async () => {
    await using directory = await makeHostDirectory();
    const { job, harness } = fixture();
    const { mkdir, chown } = await import("node:fs/promises");
    for (const name of ["two words", "a,b:c", `it's "q"`, "-dash", "żółć", "x:ro"]) {
      const path = join(directory.path, name);
      await mkdir(path);
      await chown(path, directory.owner.uid, directory.owner.gid);
      await writeFile(join(path, "name"), name);
      const place = { workspace: { type: "host", path }, user: directory.owner } as const;
      const started = job({ command: harness.programs.readFile("/workspace/name"), ...place });
      const refused = harness.supports.refusedWorkspaces?.test(path) === true;
      const told = await started.then(async ({ run, ...unit }) => {
        await using _ = unit;
        return (await collect(run)).out;
      }, codeOf);
      expect(told).toBe(refused ? "ENGINE_UNSUPPORTED" : name);
    }
  });
}

function describeSandboxes(fixture: () => Fixture): void {
  test("a sandbox works in a directory of the host as its owner, stopped and started, and leaves it behind", async () => {
    await using directory = await makeHostDirectory();
    const { engine, sandbox, exec, harness } = fixture();
    const unit = await sandbox({ workspace: { type: "host", path: directory.path }, user: directory.owner });
    try {
      expect((await collect(await exec(unit, harness.programs.writeFile("/workspace/made", "text")))).err).toBe("");
      await soon(engine.stop(unit.id, { graceMs: 0 }), "stop");
      await soon(engine.start(unit.id), "start");
      await writeFile(join(directory.path, "given"), "by the host");
      expect((await collect(await exec(unit, harness.programs.readFile("/workspace/given")))).out).toBe("by the host");
      expect(await soon(readText(fixture(), unit, "/workspace/given"), "reading a file")).toBe("by the host");
    } finally {
      await unit[Symbol.asyncDispose]();
    }
    expect(await readFile(join(directory.path, "made"), "utf8")).toBe("text");
    const { uid, gid } = await stat(join(directory.path, "made"));
    expect({ uid, gid }).toEqual(directory.owner);
  });
}

function describeOwn(fixture: () => Fixture, type: "volume" | "memory"): void {
  test(`a ${type} workspace is empty, and writable for the job's user`, async () => {
    const { job, harness } = fixture();
    const place = { workspace: workspace(type, ""), user: { uid: 1000, gid: 1000 } };
    for (const turn of ["first", "second"]) {
      await using writes = await job({ command: harness.programs.writeFile(`/workspace/${turn}`, turn), ...place });
      const { exit, err } = await collect(writes.run);
      expect({ exitCode: exit.exitCode, err }).toEqual({ exitCode: 0, err: "" });
    }
    await using reads = await job({ command: harness.programs.readFile("/workspace/first"), ...place });
    expect((await collect(reads.run)).exit.exitCode).not.toBe(0);
  });
}

function describeCap(fixture: () => Fixture): void {
  test("a memory workspace takes no more than its size", async () => {
    const { job, harness } = fixture();
    const place = { workspace: workspace("memory", "") };
    await using fits = await job({ command: harness.programs.fillFile("/workspace/fits", 8 * MIB), ...place });
    expect((await collect(fits.run)).exit.exitCode).toBe(0);
    await using large = await job({ command: harness.programs.fillFile("/workspace/large", 24 * MIB), ...place });
    expect((await collect(large.run)).exit.exitCode).not.toBe(0);
  });
}

function describeRoot(fixture: () => Fixture): void {
  test.each([
    { uid: 1000, gid: 1000 },
    { uid: 4321, gid: 4322 },
  ])("a job runs as the user $uid", async (user) => {
    const { job, harness } = fixture();
    await using unit = await job({ command: harness.programs.uid(), user });
    expect((await collect(unit.run)).out).toBe(`${user.uid}\n`);
  });

  test.each(["/etc/moorage-trace", "/usr/moorage-trace", "/moorage-trace"])("a job cannot write %s", async (path) => {
    const { job, harness } = fixture();
    await using unit = await job({ command: harness.programs.writeFile(path, "x") });
    expect((await collect(unit.run)).exit.exitCode).not.toBe(0);
  });

  test("a job can write /tmp and its home", async () => {
    const { job, harness } = fixture();
    await using home = await job({ command: harness.programs.env("HOME") });
    const path = (await collect(home.run)).out.trim();
    expect(path).toMatch(/^\//);
    for (const directory of ["/tmp", path]) {
      await using unit = await job({ command: harness.programs.writeFile(`${directory}/moorage-trace`, "x") });
      const { exit, err } = await collect(unit.run);
      expect({ directory, exitCode: exit.exitCode, err }).toEqual({ directory, exitCode: 0, err: "" });
    }
  });
}
