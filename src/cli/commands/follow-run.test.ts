import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { RunResult } from "../../contracts/types.ts";
import { hostWith, type Answer } from "../testing/platform.ts";
import { sampleResult } from "../testing/samples.ts";
import { moorage, type Setting } from "../testing/terminal.ts";

const result = (changes: Partial<RunResult> = {}) => ({ type: "result", result: sampleResult(changes) });
const printed = (data: string) => ({ type: "stdout", data, encoding: "utf8" });

async function run(answer: Answer, setting: Setting = {}, ...flags: string[]) {
  const { host, ...seen } = hostWith({ "job.run": answer });
  return { ...(await moorage(["run", ...flags, "--", "program"], { ...setting, host })), ...seen };
}

test("both outputs pass through, byte for byte and apart", async () => {
  const raw = Buffer.from([0x00, 0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a, 0x0d, 0x0a]);
  const { exitCode, bytes, stderr } = await run(() => [
    {
      type: "started",
      runId: "r1234567890123456789",
      sandboxId: "s1234567890123456789",
      engine: "docker",
      isolation: "container",
    },
    printed("grüße\n"),
    { type: "stdout", data: raw.toString("base64"), encoding: "base64" },
    { type: "stderr", data: "careful\n", encoding: "utf8" },
    result(),
  ]);
  expect(exitCode).toBe(0);
  expect(bytes).toEqual(Buffer.concat([Buffer.from("grüße\n"), raw]));
  expect(stderr).toBe("careful\n");
});

test.each([0, 1, 2, 42, 124, 125, 126, 127, 137, 255])(
  "the program's exit code %i is the command's",
  async (exitCode) => {
    expect((await run(() => [result({ exitCode, status: exitCode === 0 ? "succeeded" : "failed" })])).exitCode).toBe(
      exitCode,
    );
  },
);

test("output is written when it comes, not at the end", async () => {
  const goOn = Promise.withResolvers<void>();
  const stdout = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      expect(chunk.toString()).toBe("first\n");
      goOn.resolve();
      done();
    },
  });
  const { exitCode } = await run(
    async function* () {
      yield printed("first\n");
      await goOn.promise;
      yield result();
    },
    { stdout },
  );
  expect(exitCode).toBe(0);
});

test("the platform stays open until the run has ended, and no longer", async () => {
  const states: boolean[] = [];
  const { host, closed } = hostWith({
    "job.run": async function* () {
      for (let turn = 0; turn < 3; turn += 1) {
        await new Promise(setImmediate);
        states.push(closed());
        yield printed("x");
      }
      yield result();
    },
  });
  await moorage(["run", "--", "program"], { host });
  expect({ states, after: closed() }).toEqual({ states: [false, false, false], after: true });
});

test("a reader that is slow slows the program down", async () => {
  const waiting: (() => void)[] = [];
  let slow = true;
  const stdout = new Writable({
    highWaterMark: 10,
    write: (_chunk, _encoding, done) => (slow ? waiting.push(done) : done()),
  });
  let made = 0;
  const running = run(
    async function* () {
      for (; made < 100; made += 1) yield printed("0123456789abcdef");
      yield result();
    },
    { stdout },
  );
  for (let turn = 0; turn < 1000; turn += 1) await new Promise(setImmediate);
  expect(made).toBeLessThanOrEqual(1);
  slow = false;
  for (const done of waiting) done();
  expect((await running).exitCode).toBe(0);
  expect(made).toBe(100);
});

describe("what ended a run is told", () => {
  test("its deadline: 124, with what was printed until then", async () => {
    const reason = "The deadline of 2 s was reached; its whole process tree was ended, and sandbox demo goes on.";
    const timedOut = { status: "timed_out", timedOut: true, exitCode: 124, reason } as const;
    const seen = await run(() => [printed("half"), result(timedOut)]);
    expect(seen).toMatchObject({ exitCode: 124, stdout: "half" });
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: The deadline of 2 s was reached; its whole process tree was ended, and sandbox demo goes on.
      hint: Give it more time with --timeout, if it does not hang.
      "
    `);
  });

  test("others who ended it, and the code that it had then", async () => {
    const reason = 'The sandbox was stopped by "local".';
    const seen = await run(() => [result({ status: "canceled", exitCode: 143, reason })]);
    expect(seen).toMatchObject({ exitCode: 143, stderr: `error: ${reason}\n` });
  });

  test("memory: the program's own code", async () => {
    const seen = await run(() => [result({ status: "failed", oomKilled: true, exitCode: 137 })]);
    expect(seen.exitCode).toBe(137);
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: memory limit of 512 MiB reached; the kernel ended a process
      hint: Give it more with --memory, a sandbox when it is created; files in the /tmp of a job count too.
      "
    `);
  });

  test("nobody knows: 125", async () => {
    const seen = await run(() => [result({ status: "interrupted", exitCode: null })]);
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: nobody saw how the program ended; the run is recorded as interrupted
      "
    `);
  });

  test("no result at all: 125", async () => {
    const seen = await run(() => [printed("x")]);
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: The run ended without a result.
      hint: Run \`moorage doctor\` and read the engine's own log.
      "
    `);
  });
});

test("an error of ours is 125, whatever its own exit code", async () => {
  const seen = await run(() => {
    throw new MoorageError("IMAGE_NOT_FOUND", 'There is no image "nope:1".');
  });
  expect(seen.exitCode).toBe(125);
  expect(seen.stderr).toMatchInlineSnapshot(`
    "error: There is no image "nope:1".
    hint: Check the spelling and the tag; private registries need a login on this host.
    "
  `);
  expect(seen.closed()).toBe(true);
});

test("an error that nobody expected shows neither its text nor a stack trace", async () => {
  const causes: unknown[] = [];
  const { host } = hostWith({
    "job.run": () => {
      throw new TypeError("secret inner text");
    },
  });
  const logUnexpected = async (error: MoorageError): Promise<void> => void causes.push(error.cause);
  const seen = await moorage(["run", "--", "program"], { host: { ...host, logUnexpected } });
  expect(seen).toMatchObject({ exitCode: 125, stdout: "" });
  expect(seen.stderr).toMatchInlineSnapshot(`
    "error: Moorage met an error that it did not expect.
    hint: This is a defect of Moorage: please report it with the request id. Rerun with MOORAGE_LOG=debug to see more.
    "
  `);
  expect(causes).toEqual([expect.objectContaining({ message: "secret inner text" })]);
});

describe("warnings and progress", () => {
  const events = () => [
    { type: "warning", message: "the process engine was chosen: Docker does not answer" },
    { type: "progress", message: "pulling python:3.11-slim" },
    { type: "progress", message: "starting" },
    printed("42\n"),
    result({ warnings: ["the process engine was chosen: Docker does not answer", "the clock is 3 s late"] }),
  ];

  test("without a terminal: every warning once, no progress", async () => {
    const { stdout, stderr } = await run(events);
    expect(stdout).toBe("42\n");
    expect(stderr).toMatchInlineSnapshot(`
      "warning: the process engine was chosen: Docker does not answer
      warning: the clock is 3 s late
      "
    `);
  });

  test("on a terminal progress is one line that the output replaces", async () => {
    const { stdout, stderr } = await run(events, { terminal: true, columns: 60 });
    expect(stdout).toBe("42\n");
    expect(JSON.stringify(stderr)).toMatchInlineSnapshot(
      `""warning: the process engine was chosen: Docker does not\\n         answer\\n… pulling python:3.11-slim\\r\\u001b[2K… starting\\r\\u001b[2Kwarning: the clock is 3 s late\\n""`,
    );
  });
});

test("events of a newer version are passed over", async () => {
  expect(await run(() => [{ type: "telemetry", data: 1 }, printed("x"), result()])).toMatchObject({
    exitCode: 0,
    stdout: "x",
  });
});

describe("--json", () => {
  test("is the result, and nothing of the output", async () => {
    const final = { exitCode: 3, status: "failed", stdout: "a\nb" } as const;
    const { exitCode, stdout } = await run(() => [printed("a\nb"), result(final)], {}, "--json");
    expect(exitCode).toBe(3);
    expect(stdout).toBe(`${JSON.stringify(sampleResult(final))}\n`);
  });

  test("is the error where there is no result", async () => {
    const seen = await run(
      () => {
        throw new MoorageError("ENGINE_UNREACHABLE", "Docker does not answer at unix:///var/run/docker.sock.");
      },
      {},
      "--json",
    );
    expect(seen).toMatchObject({ exitCode: 125, stderr: "" });
    expect(seen.stdout).toMatchInlineSnapshot(`
      "{"error":{"code":"ENGINE_UNREACHABLE","message":"Docker does not answer at unix:///var/run/docker.sock.","hint":"Start the engine, then run \`moorage doctor\`.","details":{},"retry":true}}
      "
    `);
  });

  test("of the program itself stays the program's", async () => {
    const { host, calls } = hostWith({ "job.run": () => [printed("plain"), result()] });
    expect((await moorage(["run", "program", "--json"], { host })).stdout).toBe("plain");
    expect(calls).toEqual([{ name: "job.run", input: { command: ["program", "--json"] } }]);
  });
});

describe("the end of the reader", () => {
  // Ends only by its signal.
  const endless: Answer = async function* (_input, options) {
    while (options.signal?.aborted === false) {
      yield printed("yes\n".repeat(1000));
      await new Promise(setImmediate);
    }
    throw new MoorageError("CANCELED", "The operation was canceled by its caller.");
  };

  test("ends the run without a word, as a broken pipe does", async () => {
    const head = spawn("head", ["-c", "4"], { stdio: ["pipe", "ignore", "ignore"] });
    const gone = once(head, "close");
    const seen = await run(endless, { stdout: head.stdin });
    await gone;
    expect(seen).toMatchObject({ exitCode: 141, stderr: "" });
    expect(seen.closed()).toBe(true);
  });

  test("is told where it is a full disk", async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })),
    });
    const seen = await run(endless, { stdout });
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: Writing to stdout failed: ENOSPC: no space left on device.
      hint: Check what stdout is connected to: a full disk, or a device that takes no data. Rerun with MOORAGE_LOG=debug to see more.
      "
    `);
  });
});

describe("Ctrl-C", () => {
  const waitForAbort: Answer = async function* (_input, { signal }) {
    yield printed("started\n");
    if (signal?.aborted === false) await once(signal, "abort");
    throw new MoorageError("CANCELED", "The operation was canceled by its caller.");
  };

  test("ends the run, says so, and exits with 130", async () => {
    const interruption = new AbortController();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        interruption.abort("SIGINT");
        done();
      },
    });
    const seen = await run(waitForAbort, { stdout, signal: interruption.signal });
    expect(seen.exitCode).toBe(130);
    expect(seen.stderr).toMatchInlineSnapshot(`
      "error: The command was canceled.
      hint: What it had begun was ended too.
      "
    `);
  });

  test("ends also a run of which nobody reads the output", async () => {
    const interruption = new AbortController();
    const stdout = new Writable({ highWaterMark: 1, write: () => setImmediate(() => interruption.abort("SIGINT")) });
    expect((await run(waitForAbort, { stdout, signal: interruption.signal })).exitCode).toBe(130);
  });

  test("ends a command that still reads stdin", async () => {
    const interruption = new AbortController();
    const stdin = new Readable({ read: () => void setImmediate(() => interruption.abort("SIGINT")) });
    const { host, opened } = hostWith({});
    const seen = await moorage(["runs", "input", "r1234567890123456789", "-i"], {
      host,
      stdin,
      signal: interruption.signal,
    });
    expect(seen.exitCode).toBe(130);
    expect(seen.stderr).toContain("error: The command was canceled.");
    expect(opened).toEqual([]);
  });
});

describe("the program's words", () => {
  const commandOf = async (argv: readonly string[]): Promise<unknown> => {
    const { host, calls } = hostWith({ "job.run": () => [result()] });
    await moorage(argv, { host });
    return calls[0]?.input;
  };

  test("after -- are passed on as they are, whatever they look like", async () => {
    const words = fc.array(
      fc.oneof(fc.string(), fc.constantFrom("--", "-", "-i", "--json", "--help", "--version", "a b", "'\"\n")),
      { minLength: 1 },
    );
    await fc.assert(
      fc.asyncProperty(words, async (rest) => {
        expect(await commandOf(["run", "--pids", "5", "--", ...rest])).toEqual({ pids: 5, command: rest });
      }),
    );
  });

  test("begin at the first word without --, as with docker run", async () => {
    expect(await commandOf(["run", "--timeout", "2", "python", "-c", "x", "--timeout", "3"])).toEqual({
      timeoutMs: 2000,
      command: ["python", "-c", "x", "--timeout", "3"],
    });
    expect(await commandOf(["run", "npm", "test", "--", "--watch"])).toEqual({
      command: ["npm", "test", "--", "--watch"],
    });
    expect(await commandOf(["run", "-", "x"])).toEqual({ command: ["-", "x"] });
  });

  test("begin after the positionals, between which options may stand", async () => {
    const { host, calls } = hostWith({ "sandbox.exec": () => [result()], "agent.run": () => [result()] });
    await moorage(["sandbox", "exec", "demo", "--timeout", "500ms", "--", "-weird", "--json"], { host });
    await moorage(["sandbox", "exec", "-e", "A=1", "demo", "ls", "-e", "B=2"], { host });
    await moorage(["agent", "run", "builder", "--workspace", "w", "--shell", "make && make test"], {
      host,
      directory: "/home/me",
    });
    expect(calls.map(({ input }) => input)).toEqual([
      { id: "demo", timeoutMs: 500, command: ["-weird", "--json"] },
      { id: "demo", env: { A: "1" }, command: ["ls", "-e", "B=2"] },
      { agentId: "builder", workspace: "/home/me/w", shell: true, command: ["make && make test"] },
    ]);
  });
});
