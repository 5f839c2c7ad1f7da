import { expect, test } from "vitest";
import { z } from "zod";
import { readJsonLines } from "./json-lines.ts";

const Line = z.object({ n: z.number() });

async function read(chunks: readonly string[]): Promise<number[]> {
  const numbers: number[] = [];
  const source = (async function* () {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  })();
  for await (const line of readJsonLines(source, Line)) numbers.push(line.n);
  return numbers;
}

test.each([
  ["whole lines", ['{"n":1}\n{"n":2}\n']],
  ["lines that are split", ['{"n', '":1}\n', '{"n":2}', "\n"]],
  ["carriage returns and empty lines", ['{"n":1}\r\n\r\n{"n":2}\r\n']],
  ["a last line without an end", ['{"n":1}\n{"n":2}']],
])("%s", async (_, chunks) => {
  expect(await read(chunks)).toEqual([1, 2]);
});

test("a line of 200 KB in many chunks is one line", async () => {
  const text = `{"n":1,"x":"${"y".repeat(200_000)}"}\n`;
  const chunks = Array.from({ length: Math.ceil(text.length / 999) }, (_, at) => text.slice(at * 999, at * 999 + 999));
  expect(await read(chunks)).toEqual([1]);
});

test.each([
  ["no JSON", "nonsense\n"],
  ["another shape", '{"n":"1"}\n'],
  ["a line without end", "x".repeat(9_000_000)],
])("%s is ENGINE_FAILED", async (_, text) => {
  await expect(read([text])).rejects.toMatchObject({ code: "ENGINE_FAILED" });
});
