import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listCommands } from "../../src/cli/commands/list-commands.ts";
import { listOperations } from "../../src/contracts/platform.ts";
import { ERROR_CODES } from "../../src/base/error-codes.ts";
import { references } from "./references.ts";
import { updateFiles } from "./update-files.ts";

const files = references("1.2.3");
const pages = [...files].filter(([path]) => path.endsWith(".md"));
const text = (path: string): string => files.get(path) ?? "";

test("the same code gives the same texts", () => {
  expect([...references("1.2.3")]).toEqual([...files]);
});

test("every operation, tool, command and error code is there", () => {
  for (const { name, operation } of listOperations()) {
    expect(text("docs/reference/http.md")).toContain(`\n## ${name}\n`);
    const tool = `\n## ${name.replace(".", "_")}\n`;
    expect(text("docs/reference/mcp.md").includes(tool), name).toBe(operation.mcp !== undefined);
  }
  for (const { words } of listCommands()) {
    expect(text("docs/reference/cli.md")).toContain(`\n## moorage ${words.join(" ")}\n`);
  }
  for (const code of Object.keys(ERROR_CODES)) expect(text("docs/reference/errors.md")).toContain(`| \`${code}\` |`);
});

test("every row of a table has the cells of its header", () => {
  for (const [path, page] of pages) {
    const tables = [...page.matchAll(/^(?:\|.*\n)+/gm)].map(([rows]) => rows.trimEnd().split("\n"));
    expect(tables.length).toBeGreaterThan(0);
    for (const rows of tables) {
      const counts = new Set(rows.map((row) => row.split(/(?<!\\)\|/).length));
      expect(counts.size, `${path}: ${rows[0]}`).toBe(1);
    }
  }
});

test("stale files are named, and written only when that is wanted", async () => {
  const root = await mkdtemp(join(tmpdir(), "moorage-references-"));
  const wanted = new Map([
    ["a.txt", "a"],
    ["deep/er/b.txt", "b"],
  ]);
  await writeFile(join(root, "a.txt"), "a");
  expect(await updateFiles({ root, files: wanted, write: false })).toEqual(["deep/er/b.txt"]);
  expect(await readdir(root)).toEqual(["a.txt"]);
  expect(await updateFiles({ root, files: wanted, write: true })).toEqual(["deep/er/b.txt"]);
  expect(await readFile(join(root, "deep/er/b.txt"), "utf8")).toBe("b");
  expect(await updateFiles({ root, files: wanted, write: false })).toEqual([]);
  await rm(root, { recursive: true });
});
