import { expect, test } from "vitest";
import { keyValues } from "./key-values.ts";
import { createStyle } from "./style.ts";

const pairs = [
  ["Id", "k3v9x2m7q1w8e5r4t6y0"],
  ["State", "error: the engine removed the container, and nobody asked it to"],
  ["Digest", `sha256:${"0123456789abcdef".repeat(4)}`],
  ["Empty", ""],
] as const;

test("labels and values stand one below the other", () => {
  expect(keyValues(pairs, { style: createStyle(false), width: 100 })).toMatchInlineSnapshot(`
    "Id      k3v9x2m7q1w8e5r4t6y0
    State   error: the engine removed the container, and nobody asked it to
    Digest  sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    Empty
    "
  `);
});

test("in a narrow terminal values break between words, and a digest stays whole", () => {
  expect(keyValues(pairs, { style: createStyle(false), width: 40 })).toMatchInlineSnapshot(`
    "Id      k3v9x2m7q1w8e5r4t6y0
    State   error: the engine removed the
            container, and nobody asked it
            to
    Digest  sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    Empty
    "
  `);
});

test("labels are bold where there is colour", () => {
  expect(keyValues([["Id", "x"]], { style: createStyle(true), width: 40 })).toBe("\u001b[1mId\u001b[22m  x\n");
});
