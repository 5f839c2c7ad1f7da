import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

async function withSandbox(domain: ReturnType<typeof openMemoryDomain>) {
  const { id } = await domain.platform.sandbox.create({});
  return { id, file: domain.platform.file };
}

describe("files of a sandbox", () => {
  it("are written, listed, read and removed", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    expect(await file.write({ id, path: "src/a.txt", content: "über" })).toEqual({
      path: "/workspace/src/a.txt",
      sizeBytes: 5,
    });
    expect((await file.list({ id })).items).toMatchObject([{ name: "src", type: "directory" }]);
    expect((await file.list({ id, path: "src" })).items).toMatchObject([
      { name: "a.txt", type: "file", sizeBytes: 5, mode: "0644" },
    ]);
    expect(await file.read({ id, path: "src/a.txt" })).toMatchObject({
      content: "über",
      encoding: "utf8",
      sizeBytes: 5,
    });
    await file.remove({ id, path: "src" });
    expect((await file.list({ id })).items).toEqual([]);
  });

  it("that are not UTF-8 are read as base64", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    await file.write({ id, path: "raw", content: "/wA=", encoding: "base64", mode: "0755" });
    expect(await file.read({ id, path: "raw" })).toMatchObject({ content: "/wA=", encoding: "base64", sizeBytes: 2 });
    expect((await file.list({ id })).items).toMatchObject([{ mode: "0755" }]);
  });

  it.each(["with space", "quote\"and'", "new\nline", "-leading-dash", "ünï", "$(id)", "*"])(
    "may be named %j",
    async (path) => {
      await using domain = openMemoryDomain();
      const { id, file } = await withSandbox(domain);
      await file.write({ id, path, content: path });
      expect((await file.list({ id })).items.map((item) => item.name)).toEqual([path]);
      expect((await file.read({ id, path })).content).toBe(path);
      await file.remove({ id, path });
      expect((await file.list({ id })).items).toEqual([]);
    },
  );

  it.each([
    ["..", "it contains `..`"],
    ["a/../../etc/passwd", "it contains `..`"],
    ["/etc/passwd", "it is absolute and not below /workspace"],
    ["/workspacex/a", "it is absolute and not below /workspace"],
    ["/workspace/../etc", "it contains `..`"],
    [".", "it is the workspace itself"],
    ["/workspace/", "it is the workspace itself"],
  ])("may not lie at %j", async (path, why) => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    const refused = { code: "PATH_NOT_ALLOWED", message: `The path ${JSON.stringify(path)} is not allowed: ${why}.` };
    await expect(file.read({ id, path })).rejects.toMatchObject(refused);
    await expect(file.write({ id, path, content: "" })).rejects.toMatchObject(refused);
    await expect(file.remove({ id, path })).rejects.toMatchObject(refused);
  });

  it("that are missing, directories, or too large are told apart", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    await expect(file.read({ id, path: "none" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await expect(file.remove({ id, path: "none" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    await file.write({ id, path: "d/f", content: "" });
    await expect(file.read({ id, path: "d" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const large = "a".repeat(16 * 1024 * 1024 + 1);
    await expect(file.write({ id, path: "l", content: large })).rejects.toMatchObject({ code: "FILE_TOO_LARGE" });
    await expect(file.write({ id, path: "l", content: "ü", encoding: "base64" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });
});
