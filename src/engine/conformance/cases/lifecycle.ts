import { describe, expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import type { Engine, Freezer } from "../../engine.ts";
import { collect, failure, readStdout } from "../collect.ts";
import { readText } from "../file-text.ts";
import { runSpec, soon, type Fixture, type Unit } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const KEPT = "/workspace/kept";
/** News of an engine may take a while. */
const WAITING = { timeout: 10_000, interval: 20 };
const GRACE = { graceMs: 1_000 };

export function describeLifecycle(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("the life of a sandbox", () => {
    describeStop(fixture);
    describeWatch(fixture);
    if (harness.supports.freezer) describeFreezer(fixture);
    else describeNoFreezer(fixture);
  });
}

function describeWatch(fixture: () => Fixture): void {
  test("changes are told to who listens, where the engine tells any, until nobody listens", async () => {
    const { engine, sandbox } = fixture();
    if (engine.watch === undefined) return;
    const listening = new AbortController();
    const told = new Set<string>();
    const changes = await soon(engine.watch(listening.signal), "watch");
    const ended = (async () => {
      for await (const id of changes) told.add(id);
    })().catch((error: unknown) => error);
    const id = await (async () => {
      await using unit = await sandbox();
      await expect.poll(() => told.has(unit.id), WAITING).toBe(true);
      told.clear();
      await soon(engine.stop(unit.id, GRACE), "stop");
      await expect.poll(() => told.has(unit.id), WAITING).toBe(true);
      told.clear();
      await soon(engine.start(unit.id), "start");
      await expect.poll(() => told.has(unit.id), WAITING).toBe(true);
      told.clear();
      return unit.id;
    })();
    await expect.poll(() => told.has(id), WAITING).toBe(true);
    listening.abort();
    await soon(ended, "the end of listening");
  });
}

function describeStop(fixture: () => Fixture): void {
  test("a stopped sandbox takes no runs, and started again it has its files", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox({ env: { KEPT: "yes" } });
    await collect(await exec(unit, harness.programs.writeFile(KEPT, "text")));
    await soon(engine.stop(unit.id, GRACE), "stop");
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ kind: "sandbox", state: "exited" });
    expect((await failure(soon(engine.exec(unit.id, runSpec(harness.programs.exit(0))), "exec"))).code).toBe(
      "SANDBOX_NOT_RUNNING",
    );
    expect(await soon(readText(fixture(), unit, KEPT), "reading a file of a stopped sandbox")).toBe("text");
    await soon(engine.start(unit.id), "start");
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "running", exitCode: null });
    expect((await collect(await exec(unit, harness.programs.readFile(KEPT)))).out).toBe("text");
    expect((await collect(await exec(unit, harness.programs.env("KEPT")))).out).toBe("yes\n");
  });

  test("stopping gives programs their time to end, and then ends them", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const [obedient, stubborn] = [
      await exec(unit, harness.programs.sleep(60)),
      await exec(unit, harness.programs.trapTerm(60)),
    ];
    await Promise.all([readStdout(obedient).until("ready"), readStdout(stubborn).until("ready")]);
    await soon(engine.stop(unit.id, GRACE), "stop");
    // An engine may have lost the code together with the container, but never has another one.
    expect([143, 137, null]).toContain((await soon(obedient.exit, "exit")).exitCode);
    expect([137, null]).toContain((await soon(stubborn.exit, "exit")).exitCode);
  });

  test("stopping what is stopped and starting what runs change nothing", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.sleep(60));
    await readStdout(run).until("ready");
    await soon(engine.start(unit.id), "start");
    await soon(run.kill(), "kill");
    await soon(engine.stop(unit.id, GRACE), "stop");
    await soon(engine.stop(unit.id, GRACE), "stop again");
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "exited" });
  });

  test("stopping and starting what is not there is NOT_FOUND", async () => {
    const { engine } = fixture();
    const id = newId();
    expect((await failure(soon(engine.stop(id, GRACE), "stop"))).code).toBe("NOT_FOUND");
    expect((await failure(soon(engine.start(id), "start"))).code).toBe("NOT_FOUND");
  });
}

function describeNoFreezer(fixture: () => Fixture): void {
  test("an engine that cannot hold a sandbox still says so, and does not pretend", async () => {
    const { engine, sandbox } = fixture();
    if (engine.freezer === undefined) return;
    await using unit = await sandbox();
    expect(await soon(engine.freezer.obstacle(), "obstacle")).toMatch(/^the /);
    expect((await failure(soon(engine.freezer.pause(unit.id), "pause"))).code).toBe("ENGINE_UNSUPPORTED");
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "running" });
  });
}

function describeFreezer(fixture: () => Fixture): void {
  test("a paused sandbox takes no runs, and resumed it goes on", async () => {
    const { engine, sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.sleep(60));
    await readStdout(run).until("ready");
    const freezer = freezerOf(engine);
    expect(await soon(freezer.obstacle(), "obstacle")).toBeUndefined();
    await soon(freezer.pause(unit.id), "pause");
    await soon(freezer.pause(unit.id), "pause again");
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "paused" });
    expect((await failure(soon(engine.exec(unit.id, runSpec(harness.programs.exit(0))), "exec"))).code).toBe(
      "SANDBOX_NOT_RUNNING",
    );
    await soon(freezer.unpause(unit.id), "unpause");
    await soon(freezer.unpause(unit.id), "unpause again");
    expect((await collect(await exec(unit, harness.programs.exit(7)))).exit.exitCode).toBe(7);
    await soon(run.kill(), "kill");
    expect((await soon(run.exit, "exit")).exitCode).toBe(137);
  });

  test("a paused sandbox is stopped and removed as any other", async () => {
    const { engine, sandbox } = fixture();
    const units: Unit[] = [await sandbox(), await sandbox()];
    const freezer = freezerOf(engine);
    for (const unit of units) await soon(freezer.pause(unit.id), "pause");
    const [stopped, removed] = units.map((unit) => unit.id);
    await soon(engine.stop(stopped ?? "", GRACE), "stop");
    expect(await soon(engine.inspect(stopped ?? ""), "inspect")).toMatchObject({ state: "exited" });
    await soon(engine.remove(stopped ?? ""), "remove");
    await soon(engine.remove(removed ?? ""), "remove");
    expect(await soon(engine.inspect(removed ?? ""), "inspect")).toBeUndefined();
  });

  test("a stopped or absent sandbox cannot be paused", async () => {
    const { engine, sandbox } = fixture();
    await using unit = await sandbox();
    await soon(engine.stop(unit.id, { graceMs: 0 }), "stop");
    for (const id of [unit.id, newId()]) {
      const { pause, unpause } = freezerOf(engine);
      expect((await failure(soon(pause(id), "pause"))).code).toBe("SANDBOX_NOT_RUNNING");
      expect((await failure(soon(unpause(id), "unpause"))).code).toBe("SANDBOX_NOT_RUNNING");
    }
  });
}

function freezerOf(engine: Engine): Freezer {
  if (engine.freezer === undefined) throw new Error(`Expected the ${engine.name} engine to have a freezer.`);
  return engine.freezer;
}
