import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { namePattern } from "./name-pattern.ts";

async function withFiles(domain: ReturnType<typeof openMemoryDomain>, ...paths: readonly string[]) {
  const { id } = await domain.platform.sandbox.create({});
  const { file } = domain.platform;
  for (const path of paths) await file.write({ id, path, content: path });
  return { id, file };
}

describe("finding files", () => {
  it("goes by name, type, size and depth", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, "a.py", "src/b.py", "src/deep/c.py", "src/readme", "src/zz.md");
    const paths = async (query: Omit<Parameters<typeof file.find>[0], "id">) =>
      (await file.find({ id, ...query })).items.map(({ path }) => path.replace("/workspace/", ""));
    expect(await paths({ name: "*.py" })).toEqual(["a.py", "src/b.py", "src/deep/c.py"]);
    expect(await paths({ path: "src", name: "*.py", depth: 1 })).toEqual(["src/b.py"]);
    expect(await paths({ type: "directory" })).toEqual(["src", "src/deep"]);
    expect(await paths({ type: "file", minBytes: 9, maxBytes: 10 })).toEqual(["src/readme", "src/zz.md"]);
  });

  it("goes on where a page ended", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, "b/x", "b-", "a", "b/y");
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await file.find({ id, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ path }) => path));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(["/workspace/a", "/workspace/b", "/workspace/b/x", "/workspace/b/y", "/workspace/b-"]);
  });

  it("refuses patterns and cursors that are none", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withFiles(domain, "a");
    await expect(file.find({ id, name: "[a" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'The pattern "[a" is not finished; expected a ] after [, and something after \\.',
      hint: "Write \\[ for a bracket that is part of the name.",
    });
    await expect(file.find({ id, cursor: "%" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'The cursor "%" is none of this list.',
    });
    await expect(file.find({ id, path: "a" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(file.find({ id, path: "../a" })).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
  });
});

describe("a pattern of names", () => {
  it.each([
    ["*.py", ["a.py", ".py", "ü.py"], ["a.pyc", "py"]],
    ["a?c", ["abc", "a🚢c"], ["ac", "abbc"]],
    ["[a-c]*[!0-9]", ["ax", "c1z"], ["dx", "a1"]],
    ["\\*[[]", ["*["], ["a["]],
    ["*a*b*", ["ab", "xaxbx", "aab"], ["ba"]],
    ["exact", ["exact"], ["exactly", "exac"]],
  ])("%s", (pattern, yes, no) => {
    const test = namePattern(pattern);
    expect(yes.filter((name) => !test(name))).toEqual([]);
    expect(no.filter((name) => test(name))).toEqual([]);
  });

  it("takes no longer for one that could be tried in endless ways", () => {
    expect(namePattern("*a".repeat(100))("a".repeat(99) + "b")).toBe(false);
  });
});
