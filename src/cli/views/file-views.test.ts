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
