import fc from "fast-check";
import { expect, test } from "vitest";
import { EndMark } from "./end-mark.ts";

const WORDS = "aab end ";

/** What is passed on of the pieces, and what the mark tells. */
function pass(pieces: readonly Uint8Array[]): { readonly passed: string; readonly told: string | undefined } {
  const mark = new EndMark(WORDS);
  const passed = pieces.map((piece) => Buffer.from(mark.pass(piece)));
  return { passed: Buffer.concat([...passed, mark.rest()]).toString("latin1"), told: mark.told };
}

function cut(text: string, lengths: readonly number[]): Buffer[] {
  let rest = Buffer.from(text, "latin1");
  const pieces = lengths.map((length) => {
    const piece = rest.subarray(0, length);
    rest = rest.subarray(length);
    return piece;
  });
  return [...pieces, rest];
}

const output = fc.string({ unit: fc.constantFrom("a", "b", " ", "e", "n", "d", "\n", "1"), maxLength: 60 });
const lengths = fc.array(fc.nat(5), { maxLength: 40 });

test("all before the mark is the program's, and the mark is none of it, in whatever pieces they come", () => {
  fc.assert(
    fc.property(output, fc.integer({ min: 0, max: 255 }), lengths, (text, code, at) => {
      fc.pre(!`${text}${WORDS.slice(0, -1)}`.includes(WORDS));
      expect(pass(cut(`${text}${WORDS}${code}\n`, at))).toEqual({ passed: text, told: String(code) });
    }),
  );
});

test("without a mark all is the program's", () => {
  fc.assert(
    fc.property(output, lengths, (text, at) => {
      fc.pre(!text.includes(WORDS));
      expect(pass(cut(text, at))).toEqual({ passed: text, told: undefined });
    }),
  );
});

test("holds back no more than could be the mark's beginning", () => {
  const mark = new EndMark(WORDS);
  expect(Buffer.from(mark.pass(Buffer.from("x".repeat(100)))).toString()).toHaveLength(100);
  expect(Buffer.from(mark.pass(Buffer.from("xaaa"))).toString()).toBe("xa");
});
