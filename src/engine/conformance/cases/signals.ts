import { describe, expect, test } from "vitest";
import type { RunSignal } from "../../engine.ts";
import { BEAT, beating, stopped } from "../beating.ts";
import { collect, readStdout } from "../collect.ts";
import { soon, useSandbox, type Fixture } from "../fixture.ts";

export function describeSignals(fixture: () => Fixture): void {
  describe("signals to a run", () => {
    const sandbox = useSandbox(fixture);
    describeWhatTheyDo(fixture, sandbox);
    describeStopping(fixture);
  });
}

function describeWhatTheyDo(fixture: () => Fixture, sandbox: ReturnType<typeof useSandbox>): void {
  test("a program hears the signals that it waits for", async () => {
    const { exec, harness } = fixture();
    const names: RunSignal[] = ["HUP", "INT", "QUIT", "USR1", "USR2", "TERM"];
    const run = await exec(sandbox(), harness.programs.tellSignals(60, ...names));
    const reader = readStdout(run);
    await reader.until("ready\n");
    for (const name of names) {
      await soon(run.signal(name), `signal ${name}`);
      await reader.until(`${name}\n`);
    }
    expect(await soon(run.kill(), "kill")).toEqual({ unitStopped: false });
    expect(await soon(run.exit, "exit")).toMatchObject({ exitCode: 137, signal: "SIGKILL", oomKilled: false });
  });

  test.each([
    ["INT", 130],
    ["HUP", 129],
    ["TERM", 143],
    ["USR1", 138],
    ["KILL", 137],
  ] as const)("%s ends a program that does not wait for it, with %i, and is told", async (name, exitCode) => {
    const { exec, harness } = fixture();
    const run = await exec(sandbox(), harness.programs.sleep(60));
    await readStdout(run).until("ready");
    await soon(run.signal(name), `signal ${name}`);
    expect(await soon(run.exit, "exit")).toMatchObject({ exitCode, signal: `SIG${name}` });
  });

  test("a code above 128 of the program's own tells no signal", async () => {
    const { exec, harness } = fixture();
    const { exit } = await collect(await exec(sandbox(), harness.programs.exit(143)));
    expect(exit).toMatchObject({ exitCode: 143, signal: null, oomKilled: false });
  });

  test("a signal after the end does nothing", async () => {
    const { exec, harness } = fixture();
    const run = await exec(sandbox(), harness.programs.exit(4));
    await collect(run);
    for (const name of ["INT", "USR1", "KILL"] as const) await soon(run.signal(name), `signal ${name}`);
    expect(await run.exit).toMatchObject({ exitCode: 4, signal: null });
  });
}

function describeStopping(fixture: () => Fixture): void {
  test("STOP holds the whole tree until CONT", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.forkTree(BEAT, 60));
    await readStdout(run).until("ready");
    await beating(fixture(), unit);
    await soon(run.signal("STOP"), "signal STOP");
    await stopped(fixture(), unit);
    await soon(run.signal("CONT"), "signal CONT");
    await beating(fixture(), unit);
    await soon(run.signal("STOP"), "signal STOP");
    await soon(run.kill(), "kill of what is stopped");
    expect((await soon(run.exit, "exit")).exitCode).toBe(137);
  });
}
