import { describe, expect, test } from "vitest";
import { collect, eventually, inPieces, joined, readStdout } from "../collect.ts";
import { jobSpec, runSpec, soon, type Fixture } from "../fixture.ts";

const MIB = 1024 * 1024;

export function describeJobs(fixture: () => Fixture): void {
  describe("jobs", () => {
    describeResults(fixture);
    describeEnds(fixture);
    describeDeadline(fixture);
    describeMemory(fixture);
  });
}

function describeResults(fixture: () => Fixture): void {
  test.each([0, 1, 2, 42, 124, 125, 128, 137, 143, 255])("exit code %i comes back exactly", async (code) => {
    const { job, engine, harness } = fixture();
    await using unit = await job({ command: harness.programs.exit(code) });
    expect((await collect(unit.run)).exit).toMatchObject({ exitCode: code, oomKilled: false });
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "exited", exitCode: code });
  });

  test("a program that does not exist ends with 127, one that cannot be executed with 126", async () => {
    const { job, harness } = fixture();
    await using missing = await job({ command: harness.programs.missing() });
    expect((await collect(missing.run)).exit.exitCode).toBe(127);
    await using notExecutable = await job({ command: harness.programs.notExecutable() });
    expect((await collect(notExecutable.run)).exit.exitCode).toBe(126);
  });

  test("output, environment and arguments are a run's", async () => {
    const { job, harness } = fixture();
    await using both = await job({ command: harness.programs.print("to out", "to err") });
    expect(await collect(both.run)).toMatchObject({ out: "to out", err: "to err" });
    await using env = await job({ command: harness.programs.env("GIVEN"), env: { GIVEN: " a\n$b 'c'" } });
    expect((await collect(env.run)).out).toBe(" a\n$b 'c'\n");
    await using cwd = await job({ command: harness.programs.pwd() });
    expect((await collect(cwd.run)).out).toBe("/workspace\n");
    await using values = await job({ command: harness.programs.printArguments("-a", "", "b c", "$(d)", "e\nf") });
    expect((await collect(values.run)).out).toBe("-a\0\0b c\0$(d)\0e\nf\0");
  });

  test("stdin goes in, up to its end; without it there is none", async () => {
    const { job, harness } = fixture();
    const sent = Buffer.from("line\n".repeat(40_000));
    await using unit = await job({ command: harness.programs.cat(), stdin: inPieces(sent, 7_000) });
    const { stdout, exit } = await collect(unit.run);
    expect(stdout.equals(sent), `${stdout.length} of ${sent.length} bytes`).toBe(true);
    expect(exit.exitCode).toBe(0);
    await using none = await job({ command: harness.programs.cat() });
    expect((await collect(none.run)).stdout.length).toBe(0);
  });
}

function describeEnds(fixture: () => Fixture): void {
  test("an ended job stays, with its times, until it is removed", async () => {
    const { job, engine, harness } = fixture();
    const unit = await job({ command: harness.programs.exit(4) });
    await collect(unit.run);
    const info = await soon(engine.inspect(unit.id), "inspect");
    expect(info).toMatchObject({ id: unit.id, kind: "job", state: "exited", exitCode: 4, oomKilled: false });
    // Engines take the two times in different places: for a short program the end can come out a little earlier.
    expect(info?.finishedAt ?? 0).toBeGreaterThan((info?.startedAt ?? Infinity) - 100);
    expect((await soon(engine.list(), "list")).map((other) => other.id)).toContain(unit.id);
    const run = engine.exec(unit.id, runSpec(harness.programs.exit(0)));
    await expect(soon(run, "exec")).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
    await soon(engine.remove(unit.id), "remove");
    expect(await soon(engine.inspect(unit.id), "inspect")).toBeUndefined();
  });

  test("a job that runs is running; kill stops the unit and confirms it", async () => {
    const { job, engine, harness } = fixture();
    await using unit = await job({ command: harness.programs.forkTree("/tmp/beat", 60) });
    const reader = readStdout(unit.run);
    await reader.until("ready");
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "running", finishedAt: null });
    expect(await soon(unit.run.kill(), "kill")).toEqual({ unitStopped: true });
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "exited", exitCode: 137 });
    expect((await soon(unit.run.exit, "exit")).exitCode).toBe(137);
    expect(await reader.rest()).toBe("ready");
  });

  test("terminate ends a job that does not trap TERM, with 143", async () => {
    const { job, harness } = fixture();
    await using unit = await job({ command: harness.programs.sleep(60) });
    await readStdout(unit.run).until("ready");
    await soon(unit.run.terminate(), "terminate");
    expect((await soon(unit.run.exit, "exit")).exitCode).toBe(143);
  });

  test("removing a job that runs ends it", async () => {
    const { job, engine, harness } = fixture();
    await using unit = await job({ command: harness.programs.trapTerm(60) });
    await readStdout(unit.run).until("ready");
    await soon(engine.remove(unit.id), "remove");
    const { exitCode } = await soon(unit.run.exit, "exit");
    expect(exitCode === null || exitCode === 137, `exit code ${exitCode}`).toBe(true);
  });

  test("what a job leaves in the background ends with it", async () => {
    const { job, engine, harness } = fixture();
    const begin = performance.now();
    await using unit = await job({ command: harness.programs.leaveChild(30) });
    const { out, exit } = await collect(unit.run);
    expect({ out, exitCode: exit.exitCode }).toEqual({ out: "started", exitCode: 0 });
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "exited" });
    // What it leaves would live for half a minute.
    expect(performance.now() - begin).toBeLessThan(20_000);
  });

  test("a job that KILL ended was not killed for memory", async () => {
    const { job, harness } = fixture();
    await using unit = await job({ command: harness.programs.killItself() });
    expect((await collect(unit.run)).exit).toMatchObject({ exitCode: 137, oomKilled: false });
  });

  test("a canceled start leaves nothing", async () => {
    const { engine, harness } = fixture();
    const spec = jobSpec(harness, { command: harness.programs.exit(0) });
    await expect(soon(engine.startJob(spec, AbortSignal.abort()), "startJob")).rejects.toMatchObject({
      code: "CANCELED",
    });
    expect(await soon(engine.inspect(spec.id), "inspect")).toBeUndefined();
  });

  test("the last output of an ended job is kept as far as declared", async () => {
    const { job, engine, openAgain, harness } = fixture();
    await using unit = await job({ command: harness.programs.print("printed", "and told") });
    await collect(unit.run);
    await using other = await openAgain();
    for (const reader of [engine, other]) {
      const chunks = await soon(reader.lastOutput(unit.id), "lastOutput");
      const text = [joined(chunks, "stdout").toString(), joined(chunks, "stderr").toString()];
      const expected = harness.supports.lastOutput ? ["printed", "and told"] : ["", ""];
      expect(text).toEqual(expected);
    }
  });
}

function describeDeadline(fixture: () => Fixture): void {
  test("a job that nobody watches ends itself at its deadline, though it traps TERM and forks", async () => {
    const { job, harness } = fixture();
    const begin = performance.now();
    await using unit = await job({ command: harness.programs.forkTree("/tmp/beat", 60), deadlineMs: 1_500 });
    await notRunning(fixture(), unit.id);
    // The program would live for a minute.
    expect(performance.now() - begin).toBeLessThan(30_000);
    expect((await soon(unit.run.exit, "exit")).exitCode).not.toBe(0);
  });

  test("and so does one whose engine object was closed", async () => {
    const { engine, openAgain, harness } = fixture();
    const spec = jobSpec(harness, { command: harness.programs.trapTerm(60), deadlineMs: 1_500 });
    const begin = performance.now();
    try {
      await using other = await openAgain();
      const run = await soon(other.startJob(spec), `startJob ${spec.id}`);
      run.exit.catch(() => undefined);
    } finally {
      await notRunning(fixture(), spec.id);
      await soon(engine.remove(spec.id), `remove ${spec.id}`);
    }
    // The program would live for a minute; how exact the deadline is, is no matter for a machine that others use too.
    expect(performance.now() - begin).toBeLessThan(30_000);
  });

  test("a job that ends before its deadline is not delayed by it", async () => {
    const { job, harness } = fixture();
    const begin = performance.now();
    await using unit = await job({ command: harness.programs.exit(0), deadlineMs: 30_000 });
    await collect(unit.run);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });
}

async function notRunning({ engine }: Fixture, id: string): Promise<void> {
  await eventually(`the end of ${id}`, async () => {
    const info = await engine.inspect(id);
    return info?.state === "running" ? undefined : true;
  });
}

function describeMemory(fixture: () => Fixture): void {
  const limits = { memoryBytes: 64 * MIB, cpus: 1, pids: 64 };

  test("a job over its memory limit is ended, and it is told why", async () => {
    const { job, engine, harness } = fixture();
    await using unit = await job({ command: harness.programs.allocate(256 * MIB), limits });
    const oomKilled = harness.supports.jobMemoryTold ?? true;
    expect((await collect(unit.run)).exit).toMatchObject({ exitCode: 137, oomKilled });
    expect(await soon(engine.inspect(unit.id), "inspect")).toMatchObject({ state: "exited", oomKilled });
    const { warnings } = await soon(engine.info(), "info");
    expect(warnings.some((warning) => warning.includes("for memory"))).toBe(!oomKilled);
  });

  test("a job below its limit is not", async () => {
    const { job, harness } = fixture();
    await using unit = await job({ command: harness.programs.allocate(16 * MIB), limits });
    const { exit } = await collect(unit.run);
    expect(exit).toMatchObject({ exitCode: 0, oomKilled: false });
    expect(exit.peakMemoryBytes ?? 0).toBeLessThanOrEqual(64 * MIB);
  });

  test("a run beside one that is over the limit is not taken for it", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox({ limits });
    const over = Promise.withResolvers<void>();
    const stdin = (async function* () {
      yield Buffer.from("goes on");
      await over.promise;
    })();
    const beside = collect(await exec(unit, harness.programs.cat(), { stdin }));
    try {
      const bomb = await collect(await exec(unit, harness.programs.allocate(256 * MIB)));
      expect(bomb.exit).toMatchObject({ exitCode: 137, oomKilled: true });
    } finally {
      over.resolve();
    }
    const { out, exit } = await beside;
    expect({ out, exit }).toMatchObject({ out: "goes on", exit: { exitCode: 0, oomKilled: false } });
    expect(exit.oomKilledBeside).toBeUndefined();
  });

  test("a run over a sandbox's limit says so, and the next one is untouched", async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox({ limits });
    const first = await collect(await exec(unit, harness.programs.allocate(256 * MIB)));
    expect(first.exit).toMatchObject({ exitCode: 137, oomKilled: true });
    const next = await collect(await exec(unit, harness.programs.print("fine", "")));
    expect(next).toMatchObject({ out: "fine", exit: { exitCode: 0, oomKilled: false } });
  });
}
