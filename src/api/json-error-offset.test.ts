import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonErrorOffset } from "./json-error-offset.ts";

test.each([
  ["", 0],
  ["{", 1],
  ['{"a":1', 6],
  ['{"a":1,}', 7],
  ["[1,]", 3],
  ["[1 2]", 3],
  ["{a:1}", 1],
  ['{"a" 1}', 5],
  ["nul", 0],
  ["01", 1],
  ["{} x", 3],
  ['"ab\nc"', 3],
  ['"\\q"', 1],
  ['"\\u12G4"', 1],
  ['{"a":[{"b":tru}]}', 11],
  ["]", 0],
  ["{]", 1],
  ["[}", 1],
])("%j breaks at %i", (text, offset) => {
  expect(() => void JSON.parse(text)).toThrow("JSON");
  expect(jsonErrorOffset(text)).toBe(offset);
});

test("agrees with the runtime's parser wherever that tells a position, save that it names a broken token's start", () => {
  const broken = fc.tuple(fc.json(), fc.nat(), fc.constantFrom("", "x", ",", "]", "}", '"', ":", "1", " ", "\n"));
  let compared = 0;
  fc.assert(
    fc.property(broken, ([json, place, inserted]) => {
      const at = place % (json.length + 1);
      const text = json.slice(0, at) + inserted + json.slice(at + 1);
      const told = positionByRuntime(text);
      if (told === undefined) return;
      compared += 1;
      const offset = jsonErrorOffset(text);
      expect(offset).toBeLessThanOrEqual(told);
      expect(text.slice(offset, told)).toMatch(/^(?:\\u?[0-9a-fA-F]{0,3}|-|[.eE][+-]?|[a-z]{0,4})$/);
    }),
    { numRuns: 3000 },
  );
  expect(compared).toBeGreaterThan(100);
});

test("is quick and sure on large texts", () => {
  const large = `{"content":"${"a".repeat(20_000_000)}`;
  expect(jsonErrorOffset(large)).toBe(large.length);
  const deep = "[".repeat(1_000_000);
  expect(jsonErrorOffset(deep)).toBe(deep.length);
});

function positionByRuntime(text: string): number | undefined {
  try {
    JSON.parse(text);
  } catch (error) {
    const [, position] = /at position (\d+)/.exec(error instanceof Error ? error.message : "") ?? [];
    return position === undefined ? undefined : Number(position);
  }
  return undefined;
}
