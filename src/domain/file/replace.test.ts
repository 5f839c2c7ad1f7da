import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

async function withFile(domain: ReturnType<typeof openMemoryDomain>, content: string, mode = "0644") {
  const { id } = await domain.platform.sandbox.create({});
  const { file } = domain.platform;
  await file.write({ id, path: "a.txt", content, mode });
  return { id, path: "a.txt", file };
}

describe("replacing text", () => {
  it("changes what occurs once, to the letter, and keeps the mode", async () => {
    await using domain = openMemoryDomain();
    const { file, ...target } = await withFile(domain, "one\ntwo $& (.*)\nthree\n", "0755");
    expect(await file.replace({ ...target, search: "two $& (.*)\n", replace: "2 $1\r\n" })).toEqual({
      path: "/workspace/a.txt",
      replacements: 1,
      lines: [2],
      sizeBytes: 16,
    });
    expect(await file.read(target)).toMatchObject({ content: "one\n2 $1\r\nthree\n" });
    expect(await file.stat(target)).toMatchObject({ mode: "0755" });
  });

  it("changes all only when asked, and tells where they are", async () => {
    await using domain = openMemoryDomain();
    const { file, ...target } = await withFile(domain, "x\nax ax\n\nx");
    await expect(file.replace({ ...target, search: "x", replace: "y" })).rejects.toMatchObject({
      code: "TEXT_AMBIGUOUS",
      message: 'The text occurs 4 times in "/workspace/a.txt" (lines 1, 2, 2, 4); expected once.',
      hint: "Give more of the text around it, so that it occurs once, or replace all of them.",
      details: { count: 4, lines: [1, 2, 2, 4] },
    });
    expect((await file.read(target)).content).toBe("x\nax ax\n\nx");
    expect(await file.replace({ ...target, search: "x", replace: "", all: true })).toMatchObject({ replacements: 4 });
    expect((await file.read(target)).content).toBe("\na a\n\n");
  });

  it("tells what is not there, is binary, or is no file", async () => {
    await using domain = openMemoryDomain();
    const { file, id, path } = await withFile(domain, "text");
    await expect(file.replace({ id, path, search: "Text", replace: "" })).rejects.toMatchObject({
      code: "TEXT_NOT_FOUND",
      message: '"/workspace/a.txt" does not contain "Text"; nothing was replaced.',
      hint: "Read the file again: the text must be the same to the last space and line break.",
    });
    await file.write({ id, path: "raw", content: "/wA=", encoding: "base64" });
    await expect(file.replace({ id, path: "raw", search: "a", replace: "b" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: '"/workspace/raw" is no UTF-8 text, so nothing was replaced in it.',
    });
    await expect(file.replace({ id, path: "none", search: "a", replace: "" })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await expect(file.replace({ id, path, search: "", replace: "" })).rejects.toThrow("expected a text to look for");
    await file.mkdir({ id, path: "d" });
    await expect(file.replace({ id, path: "d", search: "a", replace: "" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: '"/workspace/d" is not a file.',
    });
  });
});
