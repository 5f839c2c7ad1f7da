import { describe, expect, it } from "vitest";
import { expand } from "./expand.ts";

const VALUES: Readonly<Record<string, string | null>> = {
  a: "A",
  empty: "",
  none: null,
  é: "E",
  long: "x".repeat(300),
};
const expanded = (word: string, escape: "\\" | "`" = "\\") => expand(word, { escape, lookup: (name) => VALUES[name] });

describe("a word is written out", () => {
  it.each([
    ["$a", "A"],
    ["${a}b$a", "AbA"],
    ["${empty:-x}", "x"],
    ["${none:-x$a}", "xA"],
    ["${a:-$x}", "A"],
    ["${a:+x}", "x"],
    ["${none:+$x}", ""],
    ["${none:-${empty:-${a}}}", "A"],
    ['"$a b"', "A b"],
    ["'$a'", "$a"],
    ["h\"tt\"p's'", "https"],
    ["\\$a\\b", "$ab"],
    ['"\\$a\\b\\""', '$a\\b"'],
    ["$é", "E"],
    ["a$", "a$"],
    ['${none:-"}"}', "}"],
    ["x\\", "x"],
  ])("%s", (word, value) => {
    expect(expanded(word)).toEqual({ value, head: value, unknown: [], broken: false });
  });

  it.each([
    ["x$q", "x", ["q"]],
    ["$q-${p}", "", ["q", "p"]],
    ['a"b$q"c', "ab", ["q"]],
    ["x${q:-y}", "x", ["q"]],
    ["x${a:+$q}y", "x", ["q"]],
    ["$none", "", ["none"]],
    ["$1$@", "", ["1", "@"]],
  ])("%s has what nobody can tell", (word, head, unknown) => {
    expect(expanded(word)).toMatchObject({ head, unknown, broken: false });
  });

  it.each([
    "${a",
    "${",
    "${}",
    "${a-b}",
    "${a:?b}",
    "${a#b}",
    "${a:-b",
    "'a",
    '"a',
    `${"${none:-".repeat(60)}${"}".repeat(60)}`,
  ])("%s cannot be read", (word) => {
    expect(expanded(word).broken).toBe(true);
  });

  it("by the escape of its Dockerfile", () => {
    expect(expanded("`$a\\$a", "`").value).toBe("$a\\A");
  });
});
