import { expect, test } from "vitest";
import { namelessFiles } from "../../test/fixtures/nameless-files.ts";
import { Spool } from "./spool.ts";

const MIB = 1024 * 1024;

async function* pieces(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield await Promise.resolve(Buffer.alloc(bytes, index % 251));
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

test.each([
  ["nothing", 0, 0],
  ["a little", 3, 1000],
  ["more than memory takes", 40, 300_000],
])("%s comes out as it went in, before and after the end", async (_, count, bytes) => {
  const expected = await whole(pieces(count, bytes));
  await using during = new Spool();
  const filling = during.fill(pieces(count, bytes));
  expect((await whole(during.read())).equals(expected)).toBe(true);
  await filling;
  await using after = new Spool();
  await after.fill(pieces(count, bytes));
  expect((await whole(after.read())).equals(expected)).toBe(true);
});

test("a source is taken whole though nobody reads, and its memory is capped", async () => {
  await using spool = new Spool();
  const before = process.memoryUsage().arrayBuffers;
  await spool.fill(pieces(200, MIB));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB);
  let bytes = 0;
  for await (const piece of spool.read()) bytes += piece.length;
  expect(bytes).toBe(200 * MIB);
});

test("a source that fails fails the reader too, after what came before", async () => {
  await using spool = new Spool();
  const failing = (async function* () {
    yield* pieces(2, 10);
    throw new Error("broke off");
  })();
  const filling = spool.fill(failing).catch((error: unknown) => error);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const piece of spool.read()) seen.push(piece.length);
  })();
  await expect(reading).rejects.toThrow("broke off");
  expect(seen).toEqual([10, 10]);
  expect(await filling).toMatchObject({ message: "broke off" });
});

test.each([
  ["before it has a file", 0],
  ["while it gets one", 4],
  ["when it has one", 6],
])("one that is given up %s keeps none open", async (_, passed) => {
  const [reached, given] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const late = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces(passed, MIB);
    reached.resolve();
    if (passed !== 4) await given.promise;
    yield* pieces(8, MIB);
  };
  const before = await namelessFiles();
  const spool = new Spool();
  const filling = spool.fill(late());
  await reached.promise;
  await spool[Symbol.asyncDispose]();
  given.resolve();
  await expect(filling).rejects.toMatchObject({ code: "CANCELED" });
  expect(await namelessFiles()).toEqual(before);
});
