import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";

import { REPOSITORY } from "./cruise.ts";
import { breaches, SOURCE_RULES, vagueNames } from "./source-rules.ts";

const FOLDERS = ["src", "scripts", "bench", "test"];
/** The file that holds the examples of what is forbidden. */
const RULES_FILE = "test/architecture/source-rules.ts";

const sources = await readSources();
const shipped = sources.filter(({ path }) => path.startsWith("src/") && !path.endsWith(".test.ts"));

describe("the sources", () => {
  it.each(SOURCE_RULES)("keep to: $name", (rule) => {
    const others = sources.filter(({ path }) => path !== RULES_FILE);
    expect(others.flatMap(({ path, text }) => breaches(rule, path, text))).toEqual([]);
  });

  it("have names that say what they hold", () => {
    expect(sources.map(({ path }) => path).filter((path) => vagueNames(path).length > 0)).toEqual([]);
  });

  it("of src are small: the median has at most 80 lines, none more than 400", () => {
    const sizes = shipped.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    expect(sizes.filter(({ lines }) => lines > 400)).toEqual([]);
    const sorted = sizes.map(({ lines }) => lines).toSorted((a, b) => a - b);
    expect(sorted.at(Math.floor(sorted.length / 2))).toBeLessThanOrEqual(80);
  });
});

describe("the rules for sources", () => {
  it.each(SOURCE_RULES)("tell bad from good: $name", (rule) => {
    const path = "src/engine/docker/thing.ts";
    expect(breaches(rule, path, rule.bad)).toEqual([`${path}:1: ${rule.bad}`]);
    expect(breaches(rule, path, rule.good)).toEqual([]);
  });

  it("find vague names", () => {
    expect(vagueNames("src/domain/run-utils.ts")).toEqual(["utils"]);
    expect(vagueNames("src/common/run.ts")).toEqual(["common"]);
    expect(vagueNames("src/domain/run/utilisation.ts")).toEqual([]);
  });
});

async function readSources(): Promise<{ path: string; text: string }[]> {
  const listings = await Promise.all(FOLDERS.map((folder) => listFiles(join(REPOSITORY, folder))));
  const files = listings.flat().filter((path) => /[.](ts|mjs)$/.test(path));
  return Promise.all(
    files.map(async (path) => ({ path: relative(REPOSITORY, path), text: await readFile(path, "utf8") })),
  );
}

async function listFiles(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
