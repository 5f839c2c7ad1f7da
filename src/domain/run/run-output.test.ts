import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Channel } from "../../base/channel.ts";
import { systemClock } from "../../base/clock.ts";
import type { RunEvent } from "../../contracts/types.ts";
import type { OutputChunk } from "../../engine/engine.ts";
import { createFileRunLogs } from "../../store/files/file-run-logs.ts";
import { RunOutput } from "./run-output.ts";

const LINE = "a line of sixteen";

/** Where the output of a run goes, with a reader that has room for `capacity` bytes twice over once it is released. */
async function openOutput(capacity: number) {
  const directory = await mkdtemp(join(tmpdir(), "moorage-output-"));
  const logs = createFileRunLogs({ directory, logBytes: 1024 * 1024 });
  const log = logs.create("run", () => undefined);
  const events = new Channel<RunEvent>(capacity);
  const output = new RunOutput({ recordBytes: 1024, log, events, clock: systemClock });
  return {
    output,
    log,
    events,
    logged: async () => {
      await log[Symbol.asyncDispose]();
      await using reader = logs.read("run", 0);
      const frames: string[] = [];
      for (let frame = await reader.next(); frame !== undefined; frame = await reader.next())
        frames.push(frame.type === "gap" ? `<${frame.bytes}>` : Buffer.from(frame.data).toString());
      return frames.join("");
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

async function* chunks(...given: readonly OutputChunk[]): AsyncGenerator<OutputChunk> {
  for (const chunk of given) yield await Promise.resolve(chunk);
}

const line = (stream: OutputChunk["stream"] = "stdout"): OutputChunk => ({ stream, data: Buffer.from(LINE) });

describe("the output of a run", () => {
  it("is recorded and logged whole though its reader was let go, who is told of a gap", async () => {
    await using opened = await openOutput(LINE.length);
    const { output, events } = opened;
    events.release();
    await output.pump(chunks(line(), line("stderr"), line(), line("stderr"), line()));
    events.close();
    expect(await Array.fromAsync(events)).toMatchObject([
      { type: "stdout", offset: 0, data: LINE },
      { type: "stderr", offset: 17, data: LINE },
      { type: "gap", offset: 34, bytes: 51 },
    ]);
    expect([output.records.stdout.total, output.records.stderr.total]).toEqual([51, 34]);
    expect(await opened.logged()).toBe(LINE.repeat(5));
    expect(output.warnings()).toEqual([]);
  });

  it("goes on for a reader that reads again, behind the gap", async () => {
    await using opened = await openOutput(LINE.length);
    const { output, events } = opened;
    events.release();
    const reader = events[Symbol.asyncIterator]();
    const given = (async function* () {
      yield* chunks(line(), line(), line(), line());
      await reader.next();
      await reader.next();
      yield* chunks(line(), line());
    })();
    await output.pump(given);
    events.close();
    expect(await Array.fromAsync(reader)).toMatchObject([
      { type: "gap", offset: 34, bytes: 34 },
      { type: "stdout", offset: 68, data: LINE },
      { type: "stdout", offset: 85, data: LINE },
    ]);
  });

  it("of which the engine let some go is counted whole, with a gap in the log and a warning", async () => {
    await using opened = await openOutput(1024);
    const { output, events } = opened;
    await output.pump(chunks(line(), { ...line(), lostBytes: 100 }, { ...line("stderr"), lostBytes: 3 }));
    events.close();
    expect(await Array.fromAsync(events)).toMatchObject([
      { type: "stdout", offset: 0, data: LINE },
      { type: "gap", offset: 17, bytes: 100 },
      { type: "stdout", offset: 117, data: LINE },
      { type: "gap", offset: 134, bytes: 3 },
      { type: "stderr", offset: 137, data: LINE },
    ]);
    expect([output.records.stdout.total, output.records.stderr.total]).toEqual([134, 20]);
    expect(await opened.logged()).toBe(`${LINE}<100>${LINE}<3>${LINE}`);
    expect(output.warnings()).toEqual([
      "103 bytes that it printed while it was being ended were counted, and not kept.",
    ]);
  });
});
