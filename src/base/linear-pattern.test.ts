import { describe, expect, it } from "vitest";
import { linearPattern } from "./linear-pattern.ts";

describe("a linear pattern", () => {
  it.each([
    ["ready", "server is ready now", true],
    ["ready", "not yet", false],
    ["^ready", "server ready", false],
    ["^ready$", "ready", true],
    ["listening on .*:\\d+", "listening on http://0.0.0.0:8080", true],
    ["listening on .*:\\d+$", "listening on http://0.0.0.0:x", false],
    ["(started|running) in [0-9.]+ ?m?s", "started in 1.2 s", true],
    ["(?:a|b)+c", "xabbac", true],
    ["colou?r", "color", true],
    ["a\\.b", "axb", false],
    ["[^a-z]$", "abc", false],
    ["[]x]", "]", true],
    ["[a\\]-]", "-", true],
    ["\\S\\s\\w\\W", "a b!", true],
    ["^$", "", true],
    ["(|a)*b", "aab", true],
    ["é.ß", "é😀ß", true],
  ])("%j in %j: %s", (pattern, text, expected) => {
    expect(linearPattern(pattern).test(text)).toBe(expected);
    // Where both know the syntax, they agree: in JavaScript alone a bracket that comes first has to be escaped.
    expect(new RegExp(pattern.replace("[]", "[\\]"), "u").test(text)).toBe(expected);
  });

  it.each(["(a*)*b", "(a|a)*b", "(a+)+b", `${"(".repeat(80)}a${")*".repeat(80)}b`])(
    "%s meets a text that it almost matches",
    (pattern) => {
      expect(linearPattern(pattern).test("a".repeat(4096))).toBe(false);
    },
  );

  it.each([
    ["", "expected a pattern of 1 to 256 characters"],
    ["a".repeat(257), "expected a pattern of 1 to 256 characters"],
    ["(a", 'expected ")"'],
    ["a)", 'expected "(" before ")"'],
    ["*a", 'expected something before "*"'],
    ["a**", "expected one of * + ? at a time"],
    ["a{2}", "expected no counts such as {2}; write \\{ for the character"],
    ["(?=a)", "expected no lookaround and no named groups"],
    ["[a", 'expected "]"'],
    ["[z-a]", 'expected a range in order instead of "z-a"'],
    ["\\1", 'expected \\d, \\w, \\s, \\n, \\r, \\t or an escaped mark instead of "\\1"'],
    ["a\\", "expected a character after \\"],
  ])("refuses %j", (pattern, message) => {
    expect(() => linearPattern(pattern)).toThrow(message);
  });
});
