import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { arrivals } from "./arrivals.ts";

async function rest(reader: AsyncGenerator<Buffer, void, undefined>): Promise<string> {
  let text = "";
  try {
    for await (const chunk of reader) text += chunk.toString();
  } catch (error) {
    return `${text}|${error instanceof Error ? error.message : "?"}`;
  }
  return text;
}

test("what came before a failure is handed out before it is told", async () => {
  const stream = new PassThrough();
  const reader = arrivals(stream);
  stream.write("one");
  expect((await reader.next()).value?.toString()).toBe("one");
  stream.write("two");
  stream.write("three");
  await expect.poll(() => stream.readableLength).toBe(0);
  stream.destroy(new Error("EPIPE"));
  expect(await rest(reader)).toBe("twothree|EPIPE");
});

test("a stream that has ended or broken before it is read is told all the same", async () => {
  expect(await rest(arrivals(Readable.from([Buffer.from("a"), Buffer.from("b")])))).toBe("ab");
  const broken = new PassThrough().on("error", () => undefined).destroy(new Error("gone"));
  await expect.poll(() => broken.closed).toBe(true);
  expect(await rest(arrivals(broken))).toBe("|gone");
});

test("a stream is paused while much waits", async () => {
  const stream = new PassThrough();
  const reader = arrivals(stream);
  stream.write("first");
  await reader.next();
  for (let turn = 0; turn < 5; turn += 1) stream.write(Buffer.alloc(100_000));
  await expect.poll(() => stream.isPaused()).toBe(true);
  expect(stream.readableLength).toBeGreaterThan(0);
  stream.end();
  expect((await rest(reader)).length).toBe(500_000);
});
