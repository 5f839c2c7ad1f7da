import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { allowedDirectory } from "./host-directory.ts";

let base = "";

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), "moorage-roots-")));
  for (const directory of ["root/job one", "root/state/inner", "outside"]) {
    await mkdir(join(base, directory), { recursive: true });
  }
  await writeFile(join(base, "root/file"), "");
  await symlink(join(base, "outside"), join(base, "root/way-out"));
  await symlink(join(base, "root/job one"), join(base, "root/way-in"));
});

afterAll(() => rm(base, { recursive: true }));

async function context(resident = false) {
  await using domain = openMemoryDomain();
  const workspaceRoots = [join(base, "root")];
  const policy = { ...domain.context.policy, workspaceRoots, protectedDirectories: [join(base, "root/state")] };
  return { policy, resident };
}

describe("a workspace on the host", () => {
  it.each([["root/job one"], ["root/way-in"]])("may be %s, and is mounted by its real path", async (path) => {
    expect((await allowedDirectory(await context(), join(base, path))).path).toBe(join(base, "root/job one"));
  });

  it.each([
    ["outside", "WORKSPACE_NOT_ALLOWED", "is not in an allowed root; allowed: "],
    ["root/../outside", "WORKSPACE_NOT_ALLOWED", "which leads to "],
    ["root/way-out", "WORKSPACE_NOT_ALLOWED", "which leads to "],
    ["root/none", "WORKSPACE_NOT_FOUND", "does not exist"],
    ["root/file", "WORKSPACE_NOT_FOUND", "is not a directory"],
    ["root/state", "WORKSPACE_NOT_ALLOWED", "would lay "],
    ["root/state/inner", "WORKSPACE_NOT_ALLOWED", "would lay "],
    ["root", "WORKSPACE_NOT_ALLOWED", "would lay "],
  ])("may not be %s: %s", async (path, code, message) => {
    const attempt = allowedDirectory(await context(), `${base}/${path}`);
    await expect(attempt).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it("outside of the roots is told whose roots they are", async () => {
    const attempt = (resident: boolean) =>
      context(resident).then((its) => allowedDirectory(its, join(base, "outside")));
    await expect(attempt(false)).rejects.toMatchObject({
      hint: "Use a directory below one of them, or name the roots for this command: MOORAGE_WORKSPACE_ROOTS=DIR:DIR.",
    });
    await expect(attempt(true)).rejects.toMatchObject({
      hint: "These are the server's roots: its own current directory and home, or its MOORAGE_WORKSPACE_ROOTS. Use a directory below one of them, or start it again from there or with MOORAGE_WORKSPACE_ROOTS=DIR:DIR.",
    });
  });

  it("is given by an absolute path", async () => {
    await expect(allowedDirectory(await context(), "job")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
