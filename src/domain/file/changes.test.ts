import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

async function withSandbox(domain: ReturnType<typeof openMemoryDomain>) {
  const { id } = await domain.platform.sandbox.create({});
  return { id, file: domain.platform.file };
}

describe("entries of a sandbox", () => {
  it("are made, moved, looked at, and given modes", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    expect(await file.mkdir({ id, path: "a/b" })).toMatchObject({
      path: "/workspace/a/b",
      type: "directory",
      mode: "0755",
    });
    await file.write({ id, path: "a/old", content: "text" });
    expect(await file.move({ id, from: "a/old", to: "a/b/new" })).toMatchObject({
      path: "/workspace/a/b/new",
      sizeBytes: 4,
    });
    expect(await file.chmod({ id, path: "a/b/new", mode: "700" })).toMatchObject({ mode: "0700", name: "new" });
    expect(await file.stat({ id, path: "a/b/new" })).toMatchObject({ type: "file", mode: "0700", sizeBytes: 4 });
    expect(await file.stat({ id, path: "." })).toMatchObject({ type: "directory", path: "/workspace" });
  });

  it("are not replaced unless that was asked for", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    for (const path of ["a", "b", "dir/c"]) await file.write({ id, path, content: path });
    const refused = {
      code: "CONFLICT",
      message: '"/workspace/b" exists already.',
      hint: "Choose another name, or remove it first with `moorage file rm`.",
    };
    await expect(file.move({ id, from: "a", to: "b" })).rejects.toMatchObject(refused);
    await expect(file.mkdir({ id, path: "b" })).rejects.toMatchObject(refused);
    await expect(file.move({ id, from: "a", to: "dir", overwrite: true })).rejects.toMatchObject({ code: "CONFLICT" });
    await file.move({ id, from: "a", to: "b", overwrite: true });
    expect(await file.read({ id, path: "b" })).toMatchObject({ content: "a" });
  });

  it.each(["4755", "2755", "1777", "rwx", "0o755", "888", ""])("cannot have the mode %j", async (mode) => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    await file.write({ id, path: "a", content: "" });
    await expect(file.chmod({ id, path: "a", mode })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: `file.chmod: mode: expected three octal digits such as 0644: special bits cannot be set (got "${mode}").`,
    });
  });

  it("with names that no file system takes are refused", async () => {
    await using domain = openMemoryDomain();
    const { id, file } = await withSandbox(domain);
    await expect(file.mkdir({ id, path: `a/${"ü".repeat(128)}` })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "A name of the path has 256 bytes; expected at most 255.",
      hint: "Choose a shorter name.",
    });
    await expect(file.mkdir({ id, path: "x".repeat(4097) })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(file.stat({ id, path: "a\0b" })).rejects.toThrow("expected a path without NUL characters");
    for (const path of ["..", "/etc", "."]) {
      await expect(file.move({ id, from: "a", to: path })).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
      await expect(file.mkdir({ id, path })).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
    }
  });

  it("of another owner are not there", async () => {
    await using domain = openMemoryDomain();
    const { id } = await withSandbox(domain);
    const others = domain.platformOf("bob").file;
    const absent = { code: "NOT_FOUND" };
    await expect(others.stat({ id, path: "." })).rejects.toMatchObject(absent);
    await expect(others.mkdir({ id, path: "a" })).rejects.toMatchObject(absent);
    await expect(others.move({ id, from: "a", to: "b" })).rejects.toMatchObject(absent);
    await expect(others.chmod({ id, path: "a", mode: "644" })).rejects.toMatchObject(absent);
    await expect(others.find({ id })).rejects.toMatchObject(absent);
  });
});
