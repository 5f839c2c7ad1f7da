import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { collect, countOutput, inPieces, readStdout } from "../collect.ts";
import { runSpec, soon, useSandbox, type Fixture } from "../fixture.ts";

const MIB = 1024 * 1024;

export function describeExecStreams(fixture: () => Fixture): void {
  describe("input and output of a run", () => {
    describe("output", () => {
      describeOutput(fixture);
    });
    describeSlowReaders(fixture);
    describe("input", () => {
      describeInput(fixture);
    });
  });
}

function describeOutput(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("stdout and stderr come apart, each whole", async () => {
    const { exec, harness } = fixture();
    const { out, err, exit } = await collect(await exec(sandbox(), harness.programs.print("to out\n", "to err\n")));
    expect({ out, err, exitCode: exit.exitCode }).toEqual({ out: "to out\n", err: "to err\n", exitCode: 0 });
  });

  test("a program that prints nothing has an output that ends", async () => {
    const { exec, harness } = fixture();
    const { stdout, stderr } = await collect(await exec(sandbox(), harness.programs.exit(0)));
    expect(stdout.length + stderr.length).toBe(0);
  });

  test("every byte comes through unchanged, UTF-8 or not", async () => {
    const { exec, harness } = fixture();
    const bytes = Buffer.from([...Array.from({ length: 256 }, (_, byte) => byte), 0xff, 0xc3, 0x28, 0x0d, 0x0a]);
    const { stdout } = await collect(await exec(sandbox(), harness.programs.rawBytes(bytes.toString("hex"))));
    expect(stdout.toString("hex")).toBe(bytes.toString("hex"));
  });

  test("10 MB of output arrive to the last byte", { timeout: 90_000 }, async () => {
    const { exec, harness } = fixture();
    const run = await exec(sandbox(), harness.programs.printBytes(10_000_000));
    expect(await countOutput(run)).toBe(10_000_000);
    expect((await soon(run.exit, "exit")).exitCode).toBe(0);
  });

  test("runs side by side keep their output and codes apart", async () => {
    const { exec, harness } = fixture();
    const one = async (index: number): Promise<string> => {
      const { out, err } = await collect(await exec(sandbox(), harness.programs.print(`out ${index}`, `err ${index}`)));
      return `${out}, ${err}`;
    };
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => one(index)));
    expect(answers).toEqual(answers.map((_, index) => `out ${index}, err ${index}`));
  });

  test("a child left behind that holds stdout does not hold up the end", async () => {
    const { exec, harness } = fixture();
    const run = await exec(sandbox(), harness.programs.leaveChild(30));
    const begin = performance.now();
    const { out, exit } = await collect(run);
    // It would hold it for half a minute.
    expect(performance.now() - begin).toBeLessThan(15_000);
    expect({ out, exitCode: exit.exitCode }).toEqual({ out: "started", exitCode: 0 });
  });

  test("a program that closes its output and lives on has not ended yet", async () => {
    const { exec, harness } = fixture();
    const begin = performance.now();
    const { exit, stdout } = await collect(await exec(sandbox(), harness.programs.closeOutput(1, 9)));
    expect({ exitCode: exit.exitCode, bytes: stdout.length }).toEqual({ exitCode: 9, bytes: 0 });
    expect(performance.now() - begin).toBeGreaterThan(900);
  });

  test("the exit is known to who never reads the output", async () => {
    const { exec, harness } = fixture();
    const run = await exec(sandbox(), harness.programs.print("unread", "unread"));
    expect((await soon(run.exit, "exit")).exitCode).toBe(0);
    expect((await collect(run)).out).toBe("unread");
  });
}

function describeSlowReaders(fixture: () => Fixture): void {
  test("a program that prints without end costs no memory while nobody reads", { timeout: 60_000 }, async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const run = await exec(unit, harness.programs.printForever());
    const reader = readStdout(run);
    await reader.until("a line");
    const before = memoryInUse();
    let highest = 0;
    for (let look = 0; look < 20; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      highest = Math.max(highest, memoryInUse() - before);
    }
    await soon(run.kill(), "kill");
    await soon(run.exit, "exit");
    expect(highest).toBeLessThan(64 * MIB);
  });

  test("while one run is not read, others go on, and its end can be forced", { timeout: 60_000 }, async () => {
    const { sandbox, exec, harness } = fixture();
    await using unit = await sandbox();
    const stuck = await exec(unit, harness.programs.printForever());
    const other = await collect(await exec(unit, harness.programs.print("goes on", "")));
    expect(other.out).toBe("goes on");
    const { unitStopped } = await soon(stuck.kill(), "kill");
    await soon(stuck.exit, "exit");
    if (unitStopped) return;
    expect((await collect(await exec(unit, harness.programs.print("after", "")))).out).toBe("after");
  });
}

function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function describeInput(fixture: () => Fixture): void {
  const sandbox = useSandbox(fixture);

  test("1 MiB of stdin goes through a program and back, byte for byte", async () => {
    const { exec, harness } = fixture();
    const sent = Buffer.from(Array.from({ length: MIB }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
    const { stdout, exit } = await collect(await exec(sandbox(), harness.programs.cat(), { stdin: inPieces(sent) }));
    expect(stdout.equals(sent), `${stdout.length} of ${sent.length} bytes`).toBe(true);
    expect(exit.exitCode).toBe(0);
  });

  test("without stdin a program finds its end at once", async () => {
    const { exec, harness } = fixture();
    const { stdout, exit } = await collect(await exec(sandbox(), harness.programs.cat()));
    expect({ bytes: stdout.length, exitCode: exit.exitCode }).toEqual({ bytes: 0, exitCode: 0 });
  });

  test("an empty stdin is at its end too", async () => {
    const { exec, harness } = fixture();
    const { stdout, exit } = await collect(
      await exec(sandbox(), harness.programs.cat(), { stdin: inPieces(Buffer.alloc(0)) }),
    );
    expect({ bytes: stdout.length, exitCode: exit.exitCode }).toEqual({ bytes: 0, exitCode: 0 });
  });

  test("input that comes bit by bit is answered bit by bit", async () => {
    const { exec, harness } = fixture();
    const gate = Promise.withResolvers<void>();
    const stdin = (async function* () {
      yield Buffer.from("first;");
      await gate.promise;
      yield Buffer.from("second;");
    })();
    const reader = readStdout(await exec(sandbox(), harness.programs.cat(), { stdin }));
    expect(await reader.until("first;")).toBe("first;");
    gate.resolve();
    expect(await reader.rest()).toBe("first;second;");
  });

  test("a signal that aborts after the start does not end the run", async () => {
    const { engine, harness } = fixture();
    const caller = new AbortController();
    const gate = Promise.withResolvers<void>();
    const stdin = (async function* () {
      await gate.promise;
      yield Buffer.from("later");
    })();
    const spec = { ...runSpec(harness.programs.cat()), stdin };
    const run = await soon(engine.exec(sandbox().id, spec, caller.signal), "exec");
    caller.abort();
    gate.resolve();
    expect(await collect(run)).toMatchObject({ out: "later", exit: { exitCode: 0 } });
  });

  test("a program that does not read its input ends all the same, and the input is closed", async () => {
    const { exec, harness } = fixture();
    const closed = Promise.withResolvers<void>();
    const stdin = (async function* () {
      try {
        for (;;) {
          await nextTurn();
          yield Buffer.alloc(64 * 1024, 1);
        }
      } finally {
        closed.resolve();
      }
    })();
    const { exit } = await collect(await exec(sandbox(), harness.programs.exit(5), { stdin }));
    expect(exit.exitCode).toBe(5);
    await soon(closed.promise, "closing the input");
  });
}
