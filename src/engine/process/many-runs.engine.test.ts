import { fstatSync, readdirSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { closePipe, createPipeSupply } from "./run/pipe-supply.ts";
import { openEngine } from "./testing/open-engine.ts";
import { runSpec } from "./testing/unit-specs.ts";

const AT_A_TIME = 8;
/** Pipes made ahead come and go. */
const SLACK = 40;

const opened = openEngine();
afterAll(() => opened[Symbol.asyncDispose]());

async function atATime(count: number, work: (index: number) => Promise<void>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const worker = async (): Promise<void> => {
    for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) await work(index);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

describe("hundreds of runs in one process", () => {
  test("keep their output apart, and no descriptor", { timeout: 180_000 }, async () => {
    const id = await opened.sandbox({ limits: { memoryBytes: 256 * 1024 * 1024, cpus: 2, pids: 64 } });
    const wrong: string[] = [];
    const one = async (index: number): Promise<void> => {
      const stdin = (async function* () {
        yield Buffer.from(`in ${index}`);
      })();
      const { out, err, exit } = await opened.exec(
        id,
        ["sh", "-c", `cat; echo err ${index} >&2; exit ${index % 256}`],
        {
          stdin,
        },
      );
      if (out !== `in ${index}` || err !== `err ${index}\n` || exit.exitCode !== index % 256) wrong.push(`${index}`);
    };
    await atATime(AT_A_TIME * 2, one);
    const before = readdirSync("/proc/self/fd").length;
    await atATime(300, one);
    expect(wrong).toEqual([]);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + SLACK);
  });

  test("and so do runs that are killed, or do not start, or are not read", { timeout: 120_000 }, async () => {
    const id = await opened.sandbox();
    const one = async (): Promise<void> => {
      const run = await opened.engine.exec(id, runSpec(["yes"]));
      await run.kill();
      for await (const chunk of run.output) expect(chunk.stream).toBe("stdout");
      await expect(opened.engine.exec(id, runSpec(["true"], { cwd: "/nowhere" }))).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
      const canceled = opened.engine.exec(id, runSpec(["true"]), AbortSignal.timeout(5));
      await canceled.then(
        (started) => started.kill(),
        () => undefined,
      );
    };
    await atATime(AT_A_TIME, one);
    const before = readdirSync("/proc/self/fd").length;
    await atATime(40, one);
    expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + SLACK);
  });
});

test("a supply gives pipes only, each once", async () => {
  await using supply = createPipeSupply("/bin/sh");
  const taken = await Promise.all(Array.from({ length: 100 }, () => supply.take({ uid: 1000, gid: 1000 })));
  expect(new Set(taken.flatMap(({ reading, writing }) => [reading, writing])).size).toBe(200);
  for (const { reading, writing } of taken) {
    const ends = [fstatSync(reading), fstatSync(writing)];
    expect(ends.map((end) => end.isFIFO())).toEqual([true, true]);
    expect(ends[0]?.ino).toBe(ends[1]?.ino);
  }
  taken.forEach(closePipe);
});
