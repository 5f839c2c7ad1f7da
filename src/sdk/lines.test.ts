import fc from "fast-check";
import { expect, test } from "vitest";
import { readLines } from "./lines.ts";

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(text: string, size: number, cap?: number): Promise<string[]> {
  return Array.fromAsync(readLines(chunksOf(new TextEncoder().encode(text), size), cap));
}

test("lines come out whole, however the bytes are cut", async () => {
  const lines = fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "")));
  await fc.assert(
    fc.asyncProperty(lines, fc.integer({ min: 1, max: 9 }), fc.boolean(), async (all, size, ended) => {
      const text = all.join("\n") + (ended ? "\n" : "");
      expect(await collect(text, size)).toEqual(all.filter((line) => line !== ""));
    }),
  );
});

test("empty lines say nothing", async () => {
  expect(await collect("\n\na\n\n\nb\n", 2)).toEqual(["a", "b"]);
});

test("a line over the cap is refused while it comes, lines before it are given", async () => {
  const got: string[] = [];
  const reading = async (): Promise<void> => {
    for await (const line of readLines(chunksOf(new TextEncoder().encode(`ok\n${"x".repeat(500)}`), 10), 100))
      got.push(line);
  };
  await expect(reading()).rejects.toThrow("more than 100 characters");
  expect(got).toEqual(["ok"]);
});

test("a long line in many chunks takes linear time", async () => {
  const text = `${"y".repeat(8_000_000)}\n`;
  const [line] = await collect(text, 1000);
  expect(line).toHaveLength(8_000_000);
});
