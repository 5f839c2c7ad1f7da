import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.ts";

/** What Docker's own matcher says of a whole path, by each kind of wildcard. */
const CASES: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
  ["**", "top", true],
  ["**", "some/where/deep", true],
  ["**/**", "some/where", true],
  ["logs/**", "logs", false],
  ["logs/**", "logs/today", true],
  ["logs/**", "logs/2026/today", true],
  ["logs**", "logs-old/today", true],
  ["**/tmp", "tmp", true],
  ["**/tmp", "a/b/tmp", true],
  ["**/tmp", "a/nottmp", false],
  ["**/tmp", "tmp/inner", false],
  ["**tmp", "a/nottmp", true],
  ["**/tmp/*", "a/tmp/x", true],
  ["**/tmp/*", "tmp/x", true],
  ["**/tmp/*", "a/tmp/x/y", false],
  ["**/tmp/**", "a/tmp/x/y", true],
  ["**/part*", "a/b/part-1", true],
  ["**/part*end", "a/part-the-end", true],
  ["**/part*end", "a/part/end", false],
  ["**/**/*.log", "x.log", true],
  ["**/**/*.log", "a/b/c/x.log", true],
  ["**/**/*.log", "a/b/c/x.logs", false],
  ["src**/*.c", "src/x.c", true],
  ["src**/*.c", "src/lib/deep/x.c", true],
  ["src**/*.c", "srcs/x.c", true],
  ["src/*.c", "src/x.c", true],
  ["src/*.c", "src/lib/x.c", false],
  ["src/*.c**", "src/x.c", true],
  ["src/*.c**", "src/x.c/y", true],
  ["*", "any", true],
  ["*", "any/inner", false],
  [".*", ".hidden", true],
  [".*", "shown", false],
  ["a.b", "a.b", true],
  ["a.b", "axb", false],
  ["a?b", "axb", true],
  ["a?b", "ab", false],
  ["a?b", "a/b", false],
  ["a?b", "a☺b", true],
  ["a??b", "a☺b", false],
  ["v[0-3]", "v2", true],
  ["v[0-3]", "v4", false],
  ["v[^0-3]", "v4", true],
  ["v[^0-3]", "v2", false],
  ["v[ab]", "vb", true],
  ["[α-ω]*", "λ", true],
  ["*[α-ω]", "L", false],
  ["[x\\-]", "-", true],
  ["[x\\-]", "y", false],
  ["[\\]]", "]", true],
  ["x\\*y", "x*y", true],
  ["x\\*y", "xzy", false],
  ["end\\\\", "end\\", true],
  ["one(two)+{3}|$^", "one(two)+{3}|$^", true],
  ["dist/*.whl", "dist/pkg-2.4.0rc3+g08ac-py3.whl", true],
  ["p*q*r*s*/t", "pxqxrxs/t", true],
  ["p*q*r*s*/t", "pxqxrxs/u/t", false],
  ["Makefile", "makefile", false],
  ["", "anything", false],
];

describe("a pattern", () => {
  it.each(CASES)("%j and %j: %s", (pattern, path, matches) => {
    expect(compilePattern(pattern)(path)).toBe(matches);
  });

  it.each(["[", "a[", "[^", "[^bc", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "x\\"])("is none: %j", (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(SyntaxError);
  });

  it("takes a time that grows with its length alone", () => {
    const matches = compilePattern(`${"**/a*".repeat(40)}b`);
    expect(matches(`${"a/".repeat(2000)}c`)).toBe(false);
    expect(compilePattern(`${"*a".repeat(60)}b`)("a".repeat(4000))).toBe(false);
  });
});
