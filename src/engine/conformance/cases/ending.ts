import { describe, expect, test } from "vitest";
import { BEAT, beating, stopped } from "../beating.ts";
import { collect, readStdout } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";

export function describeEnding(fixture: () => Fixture): void {
  describe("ending a run", () => {
    describeTerminate(fixture);
    describeKill(fixture);
    describeItsOwnEnd(fixture);
  });
}

function describeTerminate(fixture: () => Fixture): void {
  test("terminate ends a program that does not trap TERM, with 143", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.sleep(60));
    const reader = readStdout(run);
    await reader.until("ready");
    await soon(run.terminate(), "terminate");
    expect((await soon(run.exit, "exit")).exitCode).toBe(143);
    expect(await reader.rest()).toBe("ready");
  });

  test("a program that traps TERM survives terminate and dies by kill, with 137", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.trapTerm(60));
    const reader = readStdout(run);
    await reader.until("ready");
    await soon(run.terminate(), "terminate");
    const alive = new Promise((resolve) => setTimeout(resolve, 500, "alive"));
    expect(await Promise.race([run.exit, alive])).toBe("alive");
    await soon(run.kill(), "kill");
    expect((await soon(run.exit, "exit")).exitCode).toBe(137);
    expect(await reader.rest()).toBe("ready");
  });

  test("terminate and kill after the end are no error and change nothing", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.exit(7));
    expect((await collect(run)).exit.exitCode).toBe(7);
    await soon(run.terminate(), "terminate");
    expect(await soon(run.kill(), "kill")).toEqual({ unitStopped: false });
    expect((await soon(run.exit, "exit")).exitCode).toBe(7);
    expect((await collect(await exec(unit, harness.programs.exit(8)))).exit.exitCode).toBe(8);
  });
}

function describeKill(fixture: () => Fixture): void {
  test("kill ends the whole tree, also what left its session and its parent", { timeout: 60_000 }, async () => {
    const { sandbox, exec, engine, harness } = fixture();
    await using unit = await sandbox();
    let told = 0;
    const aroundStop = (stop: () => Promise<void>): Promise<void> => {
      told += 1;
      return stop();
    };
    const run = await exec(unit, harness.programs.forkTree(BEAT, 60), { aroundStop });
    await readStdout(run).until("ready");
    await beating(fixture(), unit);
    await soon(run.terminate(), "terminate");
    await beating(fixture(), unit);
    const { unitStopped } = await soon(run.kill(), "kill");
    expect(told).toBe(unitStopped ? 1 : 0);
    await stopped(fixture(), unit);
    expect((await soon(run.exit, "exit")).exitCode).toBe(137);
    const info = await soon(engine.inspect(unit.id), "inspect");
    expect(info?.state).toBe(unitStopped ? "exited" : "running");
    if (unitStopped) return;
    expect((await collect(await exec(unit, harness.programs.print("usable", "")))).out).toBe("usable");
  });

  test("kill of one run leaves the others of the sandbox alone", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const [doomed, other] = [
      await exec(unit, harness.programs.trapTerm(60)),
      await exec(unit, harness.programs.forkTree(BEAT, 60)),
    ];
    await readStdout(doomed).until("ready");
    await readStdout(other).until("ready");
    const { unitStopped } = await soon(doomed.kill(), "kill");
    expect((await soon(doomed.exit, "exit")).exitCode).toBe(137);
    if (!unitStopped) await beating(fixture(), unit);
  });

  test("what was printed before kill is still delivered", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.forkTree(BEAT, 60));
    await beating(fixture(), unit);
    await soon(run.kill(), "kill");
    const { out, exit } = await collect(run);
    expect({ out, exitCode: exit.exitCode }).toEqual({ out: "ready", exitCode: 137 });
  });

  test("two kills at once both answer", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.trapTerm(60));
    await readStdout(run).until("ready");
    await Promise.all([soon(run.kill(), "kill"), soon(run.kill(), "kill")]);
    expect((await soon(run.exit, "exit")).exitCode).toBe(137);
  });
}

function describeItsOwnEnd(fixture: () => Fixture): void {
  test("what a program leaves behind ends with its run, whatever session or parent it has left", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const { exit } = await collect(await exec(unit, harness.programs.leaveBeating(BEAT, 60)));
    expect(exit.exitCode).toBe(0);
    await stopped(fixture(), unit);
  });

  test("the end of one run leaves the others of the sandbox alone", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const other = await exec(unit, harness.programs.forkTree(BEAT, 60));
    await readStdout(other).until("ready");
    await collect(await exec(unit, harness.programs.leaveBeating("/workspace/other", 60)));
    await beating(fixture(), unit);
    await soon(other.kill(), "kill");
    expect((await soon(other.exit, "exit")).exitCode).toBe(137);
  });
}
