import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { createReaper } from "../reaper/reaper.ts";

const DAY = 86_400_000;

async function openArchive() {
  const clock = setClock();
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-archive-"));
  const domain = openMemoryDomain({ clock, stateDirectory }, { clock });
  return {
    ...domain,
    clock,
    sandbox: domain.platform.sandbox,
    file: domain.platform.file,
    reaper: createReaper(domain.context),
    archives: () => readdir(join(stateDirectory, "archives")),
    [Symbol.asyncDispose]: async () => {
      await domain[Symbol.asyncDispose]();
      await rm(stateDirectory, { recursive: true });
    },
  };
}

describe("a sandbox that nobody uses", () => {
  it.each(["stop", "pause"] as const)("for 180 days after %s is archived, and start brings it back", async (verb) => {
    await using it = await openArchive();
    const { id } = await it.sandbox.create({ name: "web", env: { A: "1" } });
    await it.file.write({ id, path: "deep/down/kept.txt", content: "text", mode: "0640" });
    await it.file.write({ id, path: "top", content: "" });
    await it.sandbox[verb]({ id });
    it.clock.pass(180 * DAY - 1);
    expect(await it.reaper.sweep()).toEqual([]);
    it.clock.pass(1);
    expect(await it.reaper.sweep()).toEqual([{ what: "archived", id }]);
    expect(await it.context.engine.list()).toEqual([]);
    expect(await it.archives()).toEqual([`${id}.tar`]);
    expect(await it.sandbox.get({ id })).toMatchObject({
      state: "archived",
      pausedBy: "idle",
      reason: "It was not used for 180 days.",
    });
    expect(await it.reaper.sweep()).toEqual([]);
    expect(await it.sandbox.start({ id: "web" })).toMatchObject({ id, state: "running", reason: null });
    expect(await it.file.read({ id, path: "deep/down/kept.txt" })).toMatchObject({ content: "text" });
    expect((await it.file.list({ id })).items.map(({ name }) => name)).toEqual(["deep", "top"]);
    expect((await it.file.list({ id, path: "deep/down" })).items).toMatchObject([{ name: "kept.txt", mode: "0640" }]);
    expect((await resultOf(it.sandbox.exec({ id, command: ["env"] }))).stdout).toContain("A=1\n");
    expect(await it.archives()).toEqual([]);
  });

  it("says how it is brought back, and is removed with its archive", async () => {
    await using it = await openArchive();
    const { id } = await it.sandbox.create({ name: "web" });
    await it.sandbox.stop({ id });
    it.clock.pass(180 * DAY);
    await it.reaper.sweep();
    const refused = {
      code: "SANDBOX_NOT_RUNNING",
      message: 'Sandbox "web" is archived (It was not used for 180 days); its files are out of reach.',
      hint: "Let it go on with `moorage sandbox start web`.",
    };
    await expect(it.file.list({ id })).rejects.toMatchObject(refused);
    expect((await it.sandbox.stop({ id })).state).toBe("archived");
    await it.sandbox.remove({ id });
    expect(await it.archives()).toEqual([]);
    expect(await it.context.store.sandboxes.all()).toEqual([]);
  });

  it("stays stopped where it cannot be exported, and archived where it cannot be restored", async () => {
    await using it = await openArchive();
    const { id } = await it.sandbox.create({});
    await it.file.write({ id, path: "kept", content: "text" });
    await it.sandbox.stop({ id });
    it.clock.pass(180 * DAY);
    it.control.failNext("files.download", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    expect(await it.reaper.sweep()).toEqual([]);
    expect(await it.sandbox.get({ id })).toMatchObject({ state: "stopped", pausedBy: "owner" });
    expect(await it.archives()).toEqual([]);
    expect(await it.reaper.sweep()).toEqual([{ what: "archived", id }]);
    it.control.failNext("files.upload", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    await expect(it.sandbox.start({ id })).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    expect(await it.sandbox.get({ id })).toMatchObject({ state: "archived" });
    expect(await it.context.engine.list()).toEqual([]);
    await it.sandbox.start({ id });
    expect(await it.file.read({ id, path: "kept" })).toMatchObject({ content: "text" });
  });
});
