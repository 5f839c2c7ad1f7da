import { describe, expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import { collect } from "../collect.ts";
import { runSpec, sandboxSpec, soon, type Fixture } from "../fixture.ts";

export function describeSandboxes(fixture: () => Fixture): void {
  describe("sandboxes", () => {
    describeLife(fixture);
    describeAbsence(fixture);
  });
}

function describeLife(fixture: () => Fixture): void {
  test("a new sandbox runs, is inspected and listed, and is gone when removed", async () => {
    const { engine, sandbox } = fixture();
    const before = Date.now();
    const unit = await sandbox();
    const info = await soon(engine.inspect(unit.id), "inspect");
    expect(info).toMatchObject({ id: unit.id, kind: "sandbox", state: "running", exitCode: null, oomKilled: false });
    expect(info?.finishedAt).toBeNull();
    expect(info?.createdAt).toBeGreaterThan(before - 5_000);
    expect(info?.startedAt).toBeGreaterThanOrEqual((info?.createdAt ?? 0) - 5_000);
    expect(info?.createdAt).toBeLessThan(Date.now() + 5_000);
    expect((await soon(engine.list(), "list")).map((other) => other.id)).toContain(unit.id);
    await soon(engine.remove(unit.id), "remove");
    expect(await soon(engine.inspect(unit.id), "inspect")).toBeUndefined();
    expect((await soon(engine.list(), "list")).map((other) => other.id)).not.toContain(unit.id);
  });

  test("the list has each unit once, with what inspect says", async () => {
    const { engine, sandbox } = fixture();
    await using one = await sandbox();
    await using other = await sandbox();
    const listed = (await soon(engine.list(), "list")).filter((unit) => unit.id === one.id || unit.id === other.id);
    expect(listed.map((unit) => unit.id).toSorted()).toEqual([one.id, other.id].toSorted());
    expect(listed.find((unit) => unit.id === one.id)).toEqual(await soon(engine.inspect(one.id), "inspect"));
  });

  test("a second unit with an id that is taken is CONFLICT, and the first goes on", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const again = engine.createSandbox({ ...sandboxSpec(harness), id: unit.id });
    await expect(soon(again, "createSandbox")).rejects.toMatchObject({ code: "CONFLICT" });
    const { exit } = await collect(await exec(unit, harness.programs.exit(3)));
    expect(exit.exitCode).toBe(3);
  });

  test("a runtime that is not there is refused, and leaves nothing", async () => {
    const { engine, harness } = fixture();
    const spec = sandboxSpec(harness, { runtime: "no-such-runtime" });
    const there = (await engine.runtimes?.()) ?? [];
    const code = there.length === 0 ? "ENGINE_UNSUPPORTED" : "INVALID_INPUT";
    await expect(soon(engine.createSandbox(spec), "createSandbox")).rejects.toMatchObject({ code });
    expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
  });

  test("a canceled create leaves nothing", async () => {
    const { engine, harness } = fixture();
    const spec = sandboxSpec(harness);
    const create = engine.createSandbox(spec, AbortSignal.abort());
    await expect(soon(create, "createSandbox")).rejects.toMatchObject({ code: "CANCELED" });
    expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
  });

  test("the engine says what it is", async () => {
    const { engine, harness } = fixture();
    const info = await soon(engine.info(), "info");
    expect(info).toMatchObject({ name: engine.name, isolation: engine.isolation });
    expect(info.version).not.toBe("");
    expect(engine.isolation === "none").toBe(!harness.supports.confinement);
    const findings = await soon(engine.diagnose(), "diagnose");
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.filter((finding) => finding.status === "failed" && finding.fix === null)).toEqual([]);
  });
}

function describeAbsence(fixture: () => Fixture): void {
  test("removing twice is no error, nor is removing what never was", async () => {
    const { engine, sandbox } = fixture();
    const unit = await sandbox();
    await soon(engine.remove(unit.id), "remove");
    await soon(engine.remove(unit.id), "remove again");
    const never = newId();
    await soon(engine.remove(never), "remove an absent unit");
    expect(await soon(engine.list(), "list")).not.toContainEqual(expect.objectContaining({ id: unit.id }));
  });

  test("an absent unit is undefined to inspect", async () => {
    expect(await soon(fixture().engine.inspect(newId()), "inspect")).toBeUndefined();
  });

  test("a run in a removed or absent sandbox is SANDBOX_NOT_RUNNING", async () => {
    const { engine, sandbox, harness } = fixture();
    const unit = await sandbox();
    await soon(engine.remove(unit.id), "remove");
    for (const id of [unit.id, newId()]) {
      const run = engine.exec(id, runSpec(harness.programs.exit(0)));
      await expect(soon(run, "exec")).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    }
  });

  test("removing a sandbox ends what runs in it", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const ended = collect(await exec(unit, harness.programs.trapTerm(60)));
    await soon(engine.remove(unit.id), "remove");
    const { exit } = await ended;
    expect(exit.exitCode === null || exit.exitCode === 137, `exit code ${exit.exitCode}`).toBe(true);
  });
}
