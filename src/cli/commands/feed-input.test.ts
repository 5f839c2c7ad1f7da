import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { RunInput } from "../../contracts/types.ts";
import { hostWith, type Answer } from "../testing/platform.ts";
import { sampleResult } from "../testing/samples.ts";
import { moorage, type Setting } from "../testing/terminal.ts";

const runId = "r1234567890123456789";
const started = {
  type: "started",
  runId,
  sandboxId: "s1234567890123456789",
  engine: "docker",
  isolation: "container",
};
const result = { type: "result", result: sampleResult() };

/** A program that takes so many bytes of input and then ends. */
function reading(bytes: number, atMost = Infinity) {
  const enough = Promise.withResolvers<void>();
  const seen: Buffer[] = [];
  let taken = 0;
  const input: Answer = (given) => {
    const { offset = 0, data, encoding = "utf8", close } = given as RunInput;
    expect(offset).toBe(taken);
    const piece = Buffer.from(data, encoding).subarray(0, atMost);
    seen.push(piece);
    taken += piece.length;
    const closed = close === true || taken >= bytes;
    if (closed) enough.resolve();
    return { runId, nextOffset: taken, closed };
  };
  const exec: Answer = async function* () {
    yield started;
    await enough.promise;
    yield result;
  };
  return { answers: { "job.run": exec, "run.input": input }, text: () => Buffer.concat(seen) };
}

async function run(answers: Readonly<Record<string, Answer>>, setting: Setting) {
  const { host, calls } = hostWith(answers);
  return { ...(await moorage(["run", "-i", "--", "program"], { ...setting, host })), calls };
}

describe("stdin of a run", () => {
  test("is passed on as it comes, exactly, and closed at its end", async () => {
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 256));
    const program = reading(Infinity);
    const { exitCode, calls } = await run(program.answers, {
      stdin: Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]),
    });
    expect(exitCode).toBe(0);
    expect(program.text().equals(bytes)).toBe(true);
    expect(calls[0]).toEqual({ name: "job.run", input: { command: ["program"], interactive: true } });
    expect(calls.at(-1)?.input).toEqual({ runId, offset: bytes.length, data: "", close: true });
  });

  test("is sent again from where a slow program took it", async () => {
    const program = reading(Infinity, 3);
    expect((await run(program.answers, { stdin: "twelve bytes" })).exitCode).toBe(0);
    expect(program.text().toString()).toBe("twelve bytes");
  });

  test("that never ends does not hold up a program that has", async () => {
    const endless = new Readable({ read: () => endless.push("x".repeat(100)) });
    const program = reading(1000);
    expect((await run(program.answers, { stdin: endless })).exitCode).toBe(0);
    expect(endless.destroyed).toBe(true);
    const silent = new Readable({ read: () => undefined });
    expect((await run({ "job.run": () => [started, result] }, { stdin: silent })).exitCode).toBe(0);
  });

  test("that comes after the run's end is nobody's", async () => {
    const ended = new MoorageError("CONFLICT", "The run has ended already.");
    const answers: Record<string, Answer> = {
      ...reading(0).answers,
      "job.run": async function* () {
        yield started;
        await new Promise((resolve) => void setImmediate(resolve));
        yield result;
      },
      "run.input": () => Promise.reject(ended),
    };
    expect(await run(answers, { stdin: "late" })).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("that cannot be sent ends the run, and says why", async () => {
    const broken = new MoorageError("SERVER_UNREACHABLE", "The connection broke.");
    const answers: Record<string, Answer> = {
      "job.run": async function* (_input, { signal }) {
        yield started;
        await new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new MoorageError("CANCELED", "It was left.")));
        });
      },
      "run.input": () => Promise.reject(broken),
    };
    const seen = await run(answers, { stdin: "x" });
    expect(seen.exitCode).toBe(125);
    expect(seen.stderr).toContain("error: The connection broke.");
  });
});

test("a run in the background prints its id, and says how to follow it", async () => {
  const going = { type: "result", result: sampleResult({ runId, status: "running", exitCode: null }) };
  const { host } = hostWith({ "sandbox.exec": () => [started, going] });
  const seen = await moorage(["sandbox", "exec", "-d", "demo", "--", "server"], { host });
  expect(seen).toMatchObject({
    exitCode: 0,
    stdout: `${runId}\n`,
    stderr: `note: it goes on; follow it with \`moorage runs attach ${runId}\`.\n`,
  });
});

describe("stdin of a run in the background", () => {
  const begun: Answer = async function* () {
    yield started;
    yield { type: "result", result: sampleResult({ status: "running", exitCode: null }) };
  };
  const background = async (stdin: Readable, input: Answer) => {
    const { host, calls } = hostWith({ "sandbox.exec": begun, "run.input": input });
    const seen = await moorage(["sandbox", "exec", "-d", "-i", "box", "--", "program"], { stdin, host });
    return { ...seen, inputs: calls.filter(({ name }) => name === "run.input").map((call) => call.input) };
  };

  test("is what is piped, and closed at its end, before the caller leaves", async () => {
    const program = reading(Infinity);
    const seen = await background(
      Readable.from([Buffer.from("one\n"), Buffer.from("two\n")]),
      program.answers["run.input"],
    );
    expect(seen).toMatchObject({ exitCode: 0, stdout: `${runId}\n` });
    expect(program.text().toString()).toBe("one\ntwo\n");
    expect(seen.inputs.at(-1)).toEqual({ runId, offset: 8, data: "", close: true });
  });

  test("stays open where nothing is piped, or somebody could type", async () => {
    const refuse: Answer = () => {
      throw new Error("This input is for others.");
    };
    expect(await background(Readable.from([]), refuse)).toMatchObject({ exitCode: 0, inputs: [] });
    const typed = Object.assign(Readable.from([Buffer.from("typed")]), { isTTY: true });
    expect(await background(typed, refuse)).toMatchObject({ exitCode: 0, inputs: [] });
  });
});
