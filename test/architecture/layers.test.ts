import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { cruise, REPOSITORY, type Cruise } from "./cruise.ts";
import { TARGETS, VIOLATIONS } from "./planted-violations.ts";

/** The checker reads every file, on whatever machine. */
const PATIENCE_MS = 120_000;

describe("the layers of src", () => {
  let real: Cruise;

  beforeAll(async () => {
    real = await cruise(REPOSITORY);
  }, PATIENCE_MS);

  it("break no rule", () => {
    expect(real.violations).toEqual([]);
    expect(real.moduleCount).toBeGreaterThan(50);
  });

  it("have a rule for each folder", async () => {
    const folders = await readdir(join(REPOSITORY, "src"));
    const ruled = new Set(["layer-main", ...real.rules.map(({ name }) => name)]);
    expect(folders.filter((folder) => !ruled.has(`layer-${folder}`))).toEqual([]);
  });
});

describe("the rules", () => {
  let directory: string;
  let planted: Cruise;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "moorage-layers-"));
    await symlink(join(REPOSITORY, "node_modules"), join(directory, "node_modules"));
    for (const name of ["package.json", "tsconfig.json"]) await cp(join(REPOSITORY, name), join(directory, name));
    const files = { ...TARGETS, ...Object.fromEntries(VIOLATIONS.map(({ file, source }) => [file, source])) };
    for (const [path, source] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), source);
    }
    planted = await cruise(directory);
  }, PATIENCE_MS);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each(VIOLATIONS)("$rule is what $file breaks, and nothing else", ({ rule, file }) => {
    const broken = planted.violations.filter(({ from }) => from === file);
    expect([...new Set(broken.map((violation) => violation.rule))]).toEqual([rule]);
  });

  it("are each proven by a planted violation", () => {
    expect([...new Set(VIOLATIONS.map(({ rule }) => rule))].toSorted()).toEqual(
      planted.rules.map(({ name }) => name).toSorted(),
    );
  });

  it("leave files that break none alone", () => {
    const plantedFiles = new Set(VIOLATIONS.map(({ file }) => file));
    expect(planted.violations.filter(({ from }) => !plantedFiles.has(from))).toEqual([]);
  });

  it("each say in words what they keep", () => {
    for (const { name, comment } of planted.rules) expect(comment, name).toMatch(/^[A-Z].{10,}[.]$/);
  });
});
