import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { Platform } from "../../contracts/platform.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

type Place = { readonly base: string; readonly domain: MemoryDomain; readonly of: (owner: string) => Platform };

/** The domain with one allowed root, in which there is a directory `work` that belongs to the user of these tests. */
async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "moorage-place-")));
  try {
    await using domain = openMemoryDomain();
    await mkdir(join(base, "work/inner"), { recursive: true });
    const policy = { ...domain.context.policy, workspaceRoots: [base] };
    // As where there are no numeric users, so that it does not matter whether root runs these tests.
    const context = { ...domain.context, policy, hostUser: undefined };
    await work({ base, domain, of: (owner) => createPlatform(context, unrestricted(owner)) });
  } finally {
    await rm(base, { recursive: true });
  }
}

describe("a sandbox in a directory of the host", () => {
  it("works on its files, also when it is stopped, and leaves them when it is removed", () =>
    inPlace(async ({ base, of }) => {
      const { sandbox, file } = of("alice");
      await writeFile(join(base, "work/given"), "by the host");
      const { id, hostDirectory, volume, workspace } = await sandbox.create({ workspace: join(base, "work") });
      expect({ hostDirectory, volume, workspace }).toEqual({
        hostDirectory: { path: join(base, "work"), user: null, lent: false },
        volume: null,
        workspace: "/workspace",
      });
      expect(await file.read({ id, path: "given" })).toMatchObject({ content: "by the host" });
      await file.write({ id, path: "made", content: "inside" });
      expect(await readFile(join(base, "work/made"), "utf8")).toBe("inside");
      await sandbox.stop({ id });
      expect(await file.read({ id, path: "made" })).toMatchObject({ content: "inside" });
      await sandbox.remove({ id });
      expect(await readFile(join(base, "work/made"), "utf8")).toBe("inside");
    }));

  it("is the same one for its name and its directory, by whatever way that is named", () =>
    inPlace(async ({ base, of }) => {
      const { sandbox } = of("alice");
      await symlink(join(base, "work"), join(base, "way"));
      const made = await sandbox.create({ name: "one", workspace: join(base, "work") });
      expect(await sandbox.create({ name: "one", workspace: join(base, "way") })).toMatchObject({ id: made.id });
      await mkdir(join(base, "other"));
      await expect(sandbox.create({ name: "one", workspace: join(base, "other") })).rejects.toMatchObject({
        code: "CONFLICT",
        message: 'The sandbox "one" exists already, with another workspace.',
      });
    }));

  it("keeps others out of it, and out of what is above and below, until it is removed", () =>
    inPlace(async ({ base, of }) => {
      const { sandbox, job } = of("alice");
      const path = join(base, "work");
      await sandbox.create({ name: "one", workspace: path });
      await sandbox.stop({ id: "one" });
      const same = "Remove that sandbox, use another directory, or create each of them with --share-workspace.";
      const nested = "Remove that sandbox, or use a directory apart from it: neither above nor below.";
      for (const [workspace, hint] of [
        [path, same],
        [join(path, "inner"), nested],
        [base, nested],
      ] as const) {
        const refusal = (who: string) => ({
          code: "CONFLICT",
          message: `The workspace "${workspace}" is in use by ${who}, in "${path}".`,
          hint,
        });
        await expect(sandbox.create({ workspace })).rejects.toMatchObject(refusal('your sandbox "one"'));
        await expect(of("bob").sandbox.create({ workspace })).rejects.toMatchObject(refusal("another sandbox"));
        const run = resultOf(job.run({ command: ["true"], workspace }));
        await expect(run).rejects.toMatchObject(refusal('your sandbox "one"'));
      }
      await sandbox.remove({ id: "one" });
      expect((await sandbox.create({ workspace: join(path, "inner") })).state).toBe("running");
    }));

  it("is refused what a job works in", () =>
    inPlace(async ({ base, of }) => {
      const { sandbox, job } = of("alice");
      const running = job.run({ command: ["sleep", "60"], workspace: join(base, "work/inner") });
      for await (const event of running) {
        if (event.type !== "started") continue;
        await expect(sandbox.create({ workspace: join(base, "work") })).rejects.toMatchObject({
          code: "CONFLICT",
          message: `The workspace "${join(base, "work")}" is in use by run ${event.runId}, in "${join(base, "work/inner")}".`,
          hint: "Wait until that run has ended, or give each job a directory of its own.",
        });
        break;
      }
    }));

  it("shares it with sandboxes that share it too, and with jobs", () =>
    inPlace(async ({ base, of }) => {
      const { sandbox, job } = of("alice");
      const shared = { workspace: join(base, "work"), shareWorkspace: true };
      await sandbox.create({ name: "one", ...shared });
      await sandbox.create({ name: "two", ...shared });
      await expect(sandbox.create({ workspace: shared.workspace })).rejects.toMatchObject({ code: "CONFLICT" });
      const result = await resultOf(job.run({ command: ["true"], workspace: shared.workspace }));
      expect(result.status).toBe("succeeded");
    }));

  it("that is gone or replaced by a link is not used; put back, it goes on", () =>
    inPlace(async ({ base, of }) => {
      const { sandbox, file } = of("alice");
      const path = join(base, "work");
      const { id } = await sandbox.create({ name: "one", workspace: path });
      await sandbox.stop({ id });
      await rename(path, join(base, "moved"));
      const gone = {
        code: "WORKSPACE_NOT_FOUND",
        message: `The workspace "${path}" of this sandbox is gone.`,
        hint: "Put the directory back in its place, or remove the sandbox.",
      };
      await expect(sandbox.start({ id })).rejects.toMatchObject(gone);
      await expect(file.read({ id, path: "given" })).rejects.toMatchObject(gone);
      expect(await sandbox.get({ id })).toMatchObject({ state: "stopped" });
      await symlink(join(base, "moved"), path);
      await expect(sandbox.start({ id })).rejects.toMatchObject({
        code: "WORKSPACE_NOT_ALLOWED",
        message: `The workspace "${path}" of this sandbox is another one by now: it leads to "${join(base, "moved")}".`,
        hint: "Put the directory back in its place, or remove the sandbox and create one for the other directory.",
      });
      await rm(path);
      await rename(join(base, "moved"), path);
      expect((await sandbox.start({ id })).state).toBe("running");
      await rm(path, { recursive: true });
      await expect(resultOf(sandbox.exec({ id, command: ["true"] }))).rejects.toMatchObject(gone);
      expect(await sandbox.remove({ id })).toEqual({ id, removed: true });
      await mkdir(path);
    }));

  it.each([
    ["outside", { code: "WORKSPACE_NOT_ALLOWED" }],
    ["none", { code: "WORKSPACE_NOT_FOUND", hint: "Create the directory first, or name an existing one." }],
    ["file", { code: "WORKSPACE_NOT_FOUND", hint: "Name the directory that it is in." }],
  ])("may not be %s", async (name, refusal) =>
    inPlace(async ({ base, domain, of }) => {
      await writeFile(join(base, "file"), "");
      const workspace = name === "outside" ? tmpdir() : join(base, name);
      await expect(of("alice").sandbox.create({ workspace })).rejects.toMatchObject(refusal);
      expect(await domain.context.engine.list()).toEqual([]);
      expect((await of("alice").sandbox.list({})).items).toEqual([]);
    }),
  );

  it("is given by its absolute path", () =>
    inPlace(async ({ of }) => {
      await expect(of("alice").sandbox.create({ workspace: "work" })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: 'The workspace "work" is a relative path; expected an absolute one.',
        hint: "Begin it with /, as in /home/me/project.",
      });
    }));
});
