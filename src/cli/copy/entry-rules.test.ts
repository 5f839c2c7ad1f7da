import { posix } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { entryNames, leadsOut } from "./entry-rules.ts";

test("names are the parts of a relative path", () => {
  expect(entryNames("src/./a b//c")).toEqual({ names: ["src", "a b", "c"] });
  expect(entryNames("src/")).toEqual({ names: ["src"] });
  expect(entryNames("...")).toEqual({ names: ["..."] });
});

test.each(["", "/", ".", "/etc", "a/../b", "..", "a\0b", "d/".repeat(257)])("%j is refused", (path) => {
  expect(entryNames(path)).toHaveProperty("refused");
});

test.each([
  ["main.py", 0, false],
  ["./lib/x", 0, false],
  ["..", 0, true],
  ["..", 1, false],
  ["../../x", 1, true],
  ["../../x", 2, false],
  ["lib/../x", 1, true],
  ["/workspace/x", 3, true],
  ["", 3, true],
  ["a\0b", 3, true],
] as const)("a link to %j, %i directories down, leads out: %s", (target, depth, out) => {
  expect(leadsOut(target, depth)).toBe(out);
});

test("a link that is taken never resolves to a place outside of the tree", () => {
  const part = fc.constantFrom("..", ".", "", "a", "b c");
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), fc.integer({ min: 0, max: 4 }), (parts, depth) => {
      const target = parts.join("/");
      const from = posix.join("/tree", "d/".repeat(depth));
      const inside = `${posix.resolve(from, target)}/`.startsWith("/tree/");
      expect(inside || leadsOut(target, depth)).toBe(true);
    }),
  );
});
