import { expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { EngineRun, OutputChunk } from "../../engine/engine.ts";
import { SessionRun } from "./session-run.ts";

const EXIT = { exitCode: null, signal: null, oomKilled: false, peakMemoryBytes: null };
const PIECE = Buffer.alloc(64 * 1024, "x");
/** More than waits for a reader that takes nothing. */
const PIECES = 40;

/** The shell of a session, of which only the end counts here. */
const shell: EngineRun = {
  handle: "shell",
  output: (async function* () {})(),
  exit: Promise.resolve(EXIT),
  terminate: () => Promise.resolve(),
  kill: () => Promise.resolve({ unitStopped: false }),
  signal: () => Promise.resolve(),
};

/** A command that is being ended, and of whose output nobody has taken anything. */
async function untaken(): Promise<SessionRun> {
  const run = new SessionRun(shell);
  const [begin = ""] = /[0-9a-f]{32}/.exec(Buffer.from(run.lines("true")).toString()) ?? [];
  await run.take({ stream: "stdout", data: Buffer.from(`${begin}\n`) });
  await run.kill();
  for (let piece = 0; piece < PIECES; piece += 1) await run.take({ stream: "stdout", data: PIECE });
  return run;
}

/** Bytes that were given, and that were told as lost. */
async function counted(output: AsyncIterable<OutputChunk>) {
  const count = { given: 0, lost: 0, failure: undefined as unknown };
  try {
    for await (const { data, lostBytes = 0 } of output) {
      count.given += data.length;
      count.lost += lostBytes;
    }
  } catch (failure) {
    count.failure = failure;
  }
  return count;
}

it("what nobody took of a command that was ended is told, with its last bytes", async () => {
  const run = await untaken();
  run.settle(EXIT);
  const { given, lost } = await counted(run.output);
  expect(lost).toBeGreaterThan(0);
  expect(given + lost).toBe(PIECES * PIECE.length);
});

it("is told as well where the engine has failed under it", async () => {
  const run = await untaken();
  run.exit.catch(() => undefined);
  const failure = new MoorageError("ENGINE_FAILED", "The engine of the test has failed.");
  run.fail(failure);
  const count = await counted(run.output);
  expect(count.given + count.lost).toBe(PIECES * PIECE.length);
  expect(count.failure).toBe(failure);
});
