import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

async function withFiles(domain: ReturnType<typeof openMemoryDomain>, files: Readonly<Record<string, string>>) {
  const { id } = await domain.platform.sandbox.create({});
  const { file } = domain.platform;
  for (const [path, content] of Object.entries(files)) await file.write({ id, path, content });
  return { id, file };
}

describe("looking for text", () => {
  it("finds lines by pattern, in files by name, with the lines around them", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, {
      "src/a.py": "import os\r\n\ndef main():\n    return 6*7\n",
      "src/b.py": "DEF = 1",
      "src/c.md": "def in prose",
    });
    expect(await file.grep({ id, pattern: "^def \\w+", include: ["*.py"], context: 1 })).toEqual({
      matches: [
        {
          path: "/workspace/src/a.py",
          line: 3,
          column: 1,
          text: "def main():",
          before: [""],
          after: ["    return 6*7"],
        },
      ],
      filesSearched: 2,
      binaryFiles: [],
      binaryCount: 0,
      stoppedBy: null,
    });
    const found = async (query: Omit<Parameters<typeof file.grep>[0], "id">) =>
      (await file.grep({ id, ...query })).matches.map(({ path, line, text }) => `${path.slice(11)}:${line}:${text}`);
    expect(await found({ pattern: "def", ignoreCase: true, exclude: ["*.md"] })).toEqual([
      "src/a.py:3:def main():",
      "src/b.py:1:DEF = 1",
    ]);
    expect(await found({ pattern: "6*7", fixed: true })).toEqual(["src/a.py:4:    return 6*7"]);
    expect(await found({ pattern: "import", path: "src/a.py" })).toEqual(["src/a.py:1:import os"]);
  });

  it("ends at its caps and says so", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, { a: "x\n".repeat(10), b: `${"y".repeat(3000)}x${"z".repeat(3000)}` });
    const capped = await file.grep({ id, pattern: "x", limit: 3 });
    expect(capped).toMatchObject({ stoppedBy: "matches" });
    expect(capped.matches.map(({ line }) => line)).toEqual([1, 2, 3]);
    expect(await file.grep({ id, pattern: "x", limit: 10, path: "a" })).toMatchObject({ stoppedBy: null });
    const [long] = (await file.grep({ id, pattern: "x", path: "b" })).matches;
    expect(long).toMatchObject({ line: 1, column: 3001 });
    expect(long?.text).toMatch(/^…y{100}xz+…$/);
    const many = await withFiles(domain, { many: `${"line with some more text in it ".repeat(12)}\n`.repeat(1000) });
    expect(await file.grep({ id: many.id, pattern: "line", limit: 1000 })).toMatchObject({ stoppedBy: "size" });
  });

  it("tells binary files, and does not look into them", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, { text: "needle" });
    await file.write({ id, path: "raw", content: Buffer.from("needle\0").toString("base64"), encoding: "base64" });
    expect(await file.grep({ id, pattern: "needle" })).toMatchObject({
      matches: [{ path: "/workspace/text" }],
      filesSearched: 2,
      binaryFiles: ["/workspace/raw"],
      binaryCount: 1,
    });
  });

  it("takes no time for patterns that hold others up", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, { a: `${"a".repeat(5000)}b` });
    expect(await file.grep({ id, pattern: "^(a+)+$" })).toMatchObject({ matches: [] });
  });

  it.each([
    ["(", "missing closing ): `(`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=`"],
    ["(a)\\1", "invalid escape sequence: `\\1`"],
  ])("refuses the pattern %s", async (pattern, why) => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, { a: "" });
    await expect(file.grep({ id, pattern })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: `The pattern ${JSON.stringify(pattern)} cannot be read: ${why}.`,
      hint: "The syntax is RE2's: no look-around and no back references. Behind a backslash a mark is plain text.",
    });
  });

  it("refuses what is not there", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, { a: "" });
    await expect(file.grep({ id, pattern: "x", path: "none" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(file.grep({ id, pattern: "x", path: "/etc" })).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
    await expect(file.grep({ id, pattern: "" })).rejects.toThrow("expected a text to look for");
  });
});
