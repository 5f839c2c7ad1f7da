import { mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId } from "../../base/ids.ts";
import type { LogFrame, OutputStream, RunLogReader, RunLogs } from "../run-logs.ts";
import { createFileRunLogs } from "./file-run-logs.ts";

async function openLogs(logBytes = 1024 * 1024) {
  const directory = await mkdtemp(join(tmpdir(), "moorage-logs-"));
  const logs = createFileRunLogs({ directory, logBytes });
  return { logs, directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

async function write(logs: RunLogs, runId: string, pieces: readonly (readonly [OutputStream, string])[]) {
  await using writer = logs.create(runId, () => undefined);
  for (const [stream, text] of pieces) await writer.append(stream, Buffer.from(text), 5);
  return writer;
}

async function rest(reader: RunLogReader): Promise<LogFrame[]> {
  const frames: LogFrame[] = [];
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) frames.push(frame);
  return frames;
}

async function readAll(logs: RunLogs, runId: string, offset = 0): Promise<LogFrame[]> {
  await using reader = logs.read(runId, offset);
  return await rest(reader);
}

const textOf = (frames: readonly LogFrame[]): string =>
  frames.map((frame) => (frame.type === "gap" ? `<${frame.bytes}>` : Buffer.from(frame.data).toString())).join("");

describe("the log of a run", () => {
  it("tells what was passed over as gaps, at the beginning and in the middle", async () => {
    await using opened = await openLogs();
    const runId = newId();
    {
      await using writer = opened.logs.create(runId, () => undefined);
      writer.skip(3);
      await writer.append("stdout", Buffer.from("ab"), 5);
      writer.skip(1);
      writer.skip(1);
      await writer.append("stderr", Buffer.from("cd"), 5);
      await writer.append("stdout", Buffer.from("ef"), 5);
      expect(writer.end).toBe(11);
    }
    expect(textOf(await readAll(opened.logs, runId))).toBe("<3>ab<2>cdef");
    expect(textOf(await readAll(opened.logs, runId, 6))).toBe("<1>cdef");
    expect(textOf(await readAll(opened.logs, runId, 8))).toBe("def");
  });

  it("keeps its head and its tail, however many gaps are between", async () => {
    const logBytes = 4096;
    await using opened = await openLogs(logBytes);
    const runId = newId();
    const pieces = Array.from({ length: 40 }, (_, index) => `piece ${index}\n`);
    {
      await using writer = opened.logs.create(runId, () => undefined);
      for (const piece of pieces) {
        await writer.append("stdout", Buffer.from(piece), 5);
        writer.skip(5_000_000_000);
      }
    }
    const gap = "<5000000000>";
    expect(textOf(await readAll(opened.logs, runId))).toBe(pieces.join(gap));
    const inGap = Buffer.byteLength(pieces[0] ?? "") + 4_999_999_990;
    expect(textOf(await readAll(opened.logs, runId, inGap))).toBe(["<10>", pieces.slice(1).join(gap)].join(""));
  });

  it("takes no more than its cap with gaps, and has each byte at its place", async () => {
    const logBytes = 4096;
    await using opened = await openLogs(logBytes);
    const runId = newId();
    const placed = new Map<number, string>();
    {
      await using writer = opened.logs.create(runId, () => undefined);
      for (let index = 0; index < 500; index += 1) {
        placed.set(writer.end, `piece ${index}\n`);
        await writer.append("stdout", Buffer.from(`piece ${index}\n`), 5);
        if (index % 3 === 0) writer.skip(7);
      }
    }
    const frames = await readAll(opened.logs, runId);
    const output = frames.filter(({ type }) => type === "output");
    expect(output.map((frame) => textOf([frame]))).toEqual(output.map(({ offset }) => placed.get(offset)));
    expect(textOf(frames)).toMatch(/^piece 0\n<7>piece 1\n.*piece 498\n<7>piece 499\n$/s);
    const names = await readdir(join(opened.directory, runId));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(opened.directory, runId, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(logBytes);
  });

  it("is read as it was written: streams, times, offsets and bytes", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await write(opened.logs, runId, [
      ["stdout", "one\n"],
      ["stderr", "two\n"],
    ]);
    expect(await readAll(opened.logs, runId)).toEqual([
      { type: "output", stream: "stdout", offset: 0, time: 5, data: Buffer.from("one\n") },
      { type: "output", stream: "stderr", offset: 4, time: 5, data: Buffer.from("two\n") },
    ]);
  });

  it("from any offset is what follows there, whatever was printed in whatever pieces", async () => {
    const streams = fc.constantFrom<OutputStream>("stdout", "stderr");
    const pieces = fc.array(fc.tuple(streams, fc.string({ maxLength: 40 })), { maxLength: 20 });
    await using opened = await openLogs();
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(), async (given, at) => {
        const runId = newId();
        const all = Buffer.from(given.map(([, text]) => text).join(""));
        await write(opened.logs, runId, given);
        const offset = at % (all.length + 1);
        const frames = await readAll(opened.logs, runId, offset);
        const seen = Buffer.concat(frames.map((frame) => (frame.type === "gap" ? Buffer.from("?") : frame.data)));
        expect(seen.equals(all.subarray(offset))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps head and tail of endless output, tells the gap, and takes no more than its cap", async () => {
    const logBytes = 4096;
    await using opened = await openLogs(logBytes);
    const runId = newId();
    const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`);
    const { end } = await write(
      opened.logs,
      runId,
      lines.map((line) => ["stdout", line] as const),
    );
    const frames = await readAll(opened.logs, runId);
    const text = textOf(frames);
    expect(text.startsWith("line 0\nline 1\n")).toBe(true);
    expect(text.endsWith("line 1998\nline 1999\n")).toBe(true);
    expect(frames.filter((frame) => frame.type === "gap")).toHaveLength(1);
    const bytes = frames.reduce((sum, frame) => sum + (frame.type === "gap" ? frame.bytes : frame.data.length), 0);
    expect(bytes).toBe(end);
    const names = await readdir(join(opened.directory, runId));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(opened.directory, runId, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(logBytes);
  });

  it("is followed while it grows, over its segments, by a reader that was at its end", async () => {
    await using opened = await openLogs(4096);
    const runId = newId();
    await using writer = opened.logs.create(runId, () => undefined);
    await using reader = opened.logs.read(runId, 0);
    let seen = "";
    let expected = "";
    for (let round = 0; round < 300; round += 1) {
      const line = `round ${round}\n`;
      expected += line;
      await writer.append("stdout", Buffer.from(line), 0);
      while (seen.length < expected.length) seen += textOf(await rest(reader));
    }
    expect(seen).toBe(expected);
  });

  it("that a crash has torn is readable up to there", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await write(opened.logs, runId, [
      ["stdout", "whole\n"],
      ["stdout", "torn\n"],
    ]);
    const [name = ""] = await readdir(join(opened.directory, runId));
    const path = join(opened.directory, runId, name);
    await truncate(path, (await stat(path)).size - 2);
    expect(textOf(await readAll(opened.logs, runId))).toBe("whole\n");
  });

  it("belongs to this user alone", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await write(opened.logs, runId, [["stdout", "secret"]]);
    const directory = join(opened.directory, runId);
    const [name = ""] = await readdir(directory);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  });

  it("that cannot be written says so and ends nothing", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await writeFile(join(opened.directory, runId), "a file where the directory would be");
    const writer = await write(opened.logs, runId, [["stdout", "lost"]]);
    expect(writer.failure()).toMatchObject({ code: "EEXIST" });
    expect(writer.end).toBe(4);
  });

  it("that is not there is empty, and is removed without an error", async () => {
    await using opened = await openLogs();
    expect(await readAll(opened.logs, newId())).toEqual([]);
    await opened.logs.remove(newId());
  });

  it("goes by age, then by the size of all, never while it is kept", async () => {
    await using opened = await openLogs();
    const [old, kept, large, small] = [newId(), newId(), newId(), newId()];
    for (const [runId, size, age] of [
      [old, 1, 100],
      [kept, 1, 100],
      [large, 5000, 20],
      [small, 10, 10],
    ] as const) {
      await write(opened.logs, runId, [["stdout", "x".repeat(size)]]);
      const [name = ""] = await readdir(join(opened.directory, runId));
      await utimes(join(opened.directory, runId, name), 1000 - age, 1000 - age);
    }
    const retention = { maxAgeMs: 50_000, maxTotalBytes: 4000 };
    const unkept = await opened.logs.unkept(retention, { now: 1_000_000, keep: new Set([kept]) });
    expect(new Set(unkept)).toEqual(new Set([old, large]));
    for (const runId of unkept) await opened.logs.remove(runId);
    expect(new Set(await readdir(opened.directory))).toEqual(new Set([kept, small]));
  });

  it("goes also where a file is in its place", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await writeFile(join(opened.directory, runId), "a file where the directory would be");
    const retention = { maxAgeMs: 3_600_000, maxTotalBytes: 4000 };
    expect(await opened.logs.unkept(retention, { now: Date.now(), keep: new Set() })).toEqual([runId]);
    await opened.logs.remove(runId);
    expect(await readdir(opened.directory)).toEqual([]);
  });

  it("that was written since the clock was set keeps its age", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await write(opened.logs, runId, [["stdout", "kept"]]);
    const retention = { maxAgeMs: 3_600_000, maxTotalBytes: 4000 };
    await opened.logs.shiftAges(-400 * 86_400_000, Date.now() - 60_000);
    expect(await opened.logs.unkept(retention, { now: Date.now(), keep: new Set() })).toEqual([]);
  });

  it("has the age that it had when the clock is set, and is not taken for old by that", async () => {
    await using opened = await openLogs();
    const runId = newId();
    await write(opened.logs, runId, [["stdout", "kept"]]);
    const retention = { maxAgeMs: 3_600_000, maxTotalBytes: 4000 };
    const jump = 400 * 86_400_000;
    await opened.logs.shiftAges(jump, Date.now() + 60_000);
    const keep = new Set<string>();
    expect(await opened.logs.unkept(retention, { now: Date.now() + jump, keep })).toEqual([]);
    expect(await opened.logs.unkept(retention, { now: Date.now() + jump + 2 * 3_600_000, keep })).toEqual([runId]);
  });
});
