import { expect, test } from "vitest";
import { readReturnPath } from "./return-path.ts";

test.each(["/", "/docs", "/a/b?c=//d&e=%2F#f", "/docs?next=https://example.org"])("%s is a way back", (path) => {
  expect(readReturnPath(path)).toBe(path);
});

test("where none is named, it is the first page", () => {
  expect(readReturnPath(undefined)).toBe("/");
});

test.each([
  ...["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "docs"],
  ...["/%2fevil.example", "/%5Cevil.example", "/a%0d%0ab", "/\t/evil.example", "/a\nb", "/..//evil.example", "/a/../b"],
  ...["/auth/login", "/é", " /", `/${"a".repeat(2000)}`],
])("%j is none", (path) => {
  expect(() => readReturnPath(path)).toThrow("return: expected a path of this server such as /docs, got ");
});
