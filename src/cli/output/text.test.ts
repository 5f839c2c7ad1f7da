import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth, pad, printable, printableLines, truncate, wrap } from "./text.ts";

describe("printable", () => {
  test("spells out what would steer a terminal", () => {
    expect(printable("a\tb\r\n\u001b]0;title\u0007\u009b2J")).toBe("a\\tb\\r\\n\\x1b]0;title\\x07\\x9b2J");
    expect(printable("txt.\u202egnp\u2066\u2028")).toBe("txt.\\u{202e}gnp\\u{2066}\\u{2028}");
    expect(printable("lone \ud800 surrogate")).toBe("lone \ufffd surrogate");
  });

  test("leaves everything else as it is", () => {
    expect(printable('grüße 日本 👩‍👩‍👧 it\'s "q" -x')).toBe('grüße 日本 👩‍👩‍👧 it\'s "q" -x');
  });

  test("never lets a control character through", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(printableLines(text).replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

test("widths are those of a terminal", () => {
  expect(["", "abc", "é", "e\u0301", "日本", "👩‍👩‍👧", "한글"].map(displayWidth)).toEqual([0, 3, 1, 1, 4, 2, 4]);
});

test("truncate keeps the beginning, and never more than the width", () => {
  expect(truncate("moorage", 7)).toBe("moorage");
  expect(truncate("moorage", 4)).toBe("moo…");
  expect(truncate("日本語", 4)).toBe("日…");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      expect(displayWidth(truncate(text, width))).toBeLessThanOrEqual(width);
    }),
  );
});

test("pad fills up to the width, on either side", () => {
  expect([pad("日", 4), pad("7", 3, "left"), pad("long", 2)]).toEqual(["日  ", "  7", "long"]);
});

test("wrap breaks between words, and keeps lines and long words", () => {
  expect(wrap("one two three\nfour averyveryverylongword", 9)).toEqual([
    "one two",
    "three",
    "four",
    "averyveryverylongword",
  ]);
  expect(wrap("", 9)).toEqual([""]);
  expect(wrap("no end", Infinity)).toEqual(["no end"]);
});
