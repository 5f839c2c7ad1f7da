import { expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import { readStdout } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

export function describeStats(harness: ConformanceHarness, fixture: () => Fixture): void {
  test("a sandbox tells what it takes while a program runs, and nothing when it is stopped or absent", async () => {
    const { engine, sandbox, exec } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.sleep(60));
    await readStdout(run).until("ready");
    const stats = await soon(engine.stats(unit.id), "stats");
    expect(stats.at).toBeGreaterThan(0);
    // Where the kernel keeps limits it counts as well; what is not counted is null and never a guess.
    for (const value of [stats.memoryBytes, stats.cpuMs]) expect(value ?? 0).toBeGreaterThanOrEqual(0);
    expect(stats.pids ?? 1).toBeGreaterThanOrEqual(1);
    expect([stats.receivedBytes, stats.sentBytes]).toEqual([null, null]);
    await soon(run.kill(), "kill");
    await soon(engine.stop(unit.id, { graceMs: 1_000 }), "stop");
    await expect(soon(engine.stats(unit.id), "stats")).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    await expect(soon(engine.stats(newId()), "stats")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("many are measured at once: those that run, and none that is stopped or absent", async () => {
    const { engine, sandbox, exec } = fixture();
    await using runs = await sandbox();
    await using stopped = await sandbox();
    await soon(engine.stop(stopped.id, { graceMs: 0 }), "stop");
    const run = await exec(runs, harness.programs.sleep(60));
    await readStdout(run).until("ready");
    for (const time of ["once", "again"]) {
      const samples = await soon(engine.sample([runs.id, stopped.id, newId()]), `sample ${time}`);
      expect([...samples.keys()]).toEqual([runs.id]);
      const sample = samples.get(runs.id);
      expect(sample?.at).toBeGreaterThan(0);
      expect(sample?.pids ?? 1).toBeGreaterThanOrEqual(1);
      expect([sample?.receivedBytes, sample?.sentBytes]).toEqual([null, null]);
    }
    await soon(run.kill(), "kill");
    await soon(engine.stop(runs.id, { graceMs: 0 }), "stop");
    expect((await soon(engine.sample([runs.id]), "sample")).size).toBe(0);
  });
}
