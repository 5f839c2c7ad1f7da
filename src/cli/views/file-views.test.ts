import { describe, expect, test } from "vitest";
import { seen } from "../testing/seen.ts";

describe("a watch of files", () => {
  const entry = { name: "a", type: "file", sizeBytes: 3, mode: "0644", modifiedAt: "2026-01-02T03:04:05.678Z" };
  const events = [
    { type: "ready", path: "/workspace", entries: 1, method: "polling" },
    { type: "created", path: "/workspace/a", entry },
    { type: "moved", from: "/workspace/a", path: "/workspace/b\u001b", entry },
    { type: "removed", path: "/workspace/b" },
    { type: "overflow", dropped: 7 },
    { type: "of a newer server" },
  ];

  test("is a line for each change; what is said of it goes beside", async () => {
    expect(await seen(["file", "watch", "demo"], ["file.watch", events])).toMatchInlineSnapshot(`
      "created  /workspace/a
      moved    /workspace/a -> /workspace/b\\x1b
      removed  /workspace/b
      {"type":"of a newer server"}
      2> note: watching /workspace (1 entry, looked at once a second); Ctrl-C ends it.
      2> note: 7 more changes came at once and are not told; list the directory anew.
      "
    `);
  });

  test("under --json is lines of JSON", async () => {
    const lines = await seen(["file", "watch", "demo", "--json"], ["file.watch", events]);
    expect(
      lines
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(events.map(({ type }) => type));
  });
});

test("file grep, as editors read it, and what was left out", async () => {
  const path = "/workspace/src/a.py";
  const found = {
    matches: [{ path, line: 7, column: 1, text: "def a():", before: ["", "# \u001b[31m"], after: ["  pass"] }],
    filesSearched: 3,
    binaryFiles: ["/workspace/x"],
    binaryCount: 1,
    stoppedBy: "matches",
  };
  expect(await seen(["file", "grep", "demo", "def"], ["file.grep", found])).toMatchInlineSnapshot(`
    "/workspace/src/a.py-5-
    /workspace/src/a.py-6-# \\x1b[31m
    /workspace/src/a.py:7:def a():
    /workspace/src/a.py-8-  pass
    2> note: 1 binary file was left out; there may be more: raise --limit.
    "
  `);
  const near = { path, line: 9, column: 1, text: "def b():", before: ["def a():", "  pass"], after: [] };
  const far = { path, line: 20, column: 1, text: "def c():", before: ["", ""], after: [""] };
  const several = { ...found, matches: [...found.matches, near, far], binaryCount: 0, stoppedBy: null };
  expect(await seen(["file", "grep", "demo", "def"], ["file.grep", several])).toMatchInlineSnapshot(`
    "/workspace/src/a.py-5-
    /workspace/src/a.py-6-# \\x1b[31m
    /workspace/src/a.py:7:def a():
    /workspace/src/a.py-8-  pass
    /workspace/src/a.py:9:def b():
    --
    /workspace/src/a.py-18-
    /workspace/src/a.py-19-
    /workspace/src/a.py:20:def c():
    /workspace/src/a.py-21-
    "
  `);
  const none = { ...found, matches: [], binaryCount: 0, stoppedBy: null };
  expect(await seen(["file", "grep", "demo", "def"], ["file.grep", none])).toMatchInlineSnapshot(`
    "2> note: nothing was found.
    "
  `);
});
