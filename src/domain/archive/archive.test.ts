import { mkdtemp, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { setClock } from "../../../test/fixtures/set-clock.ts";
import { tarOf } from "../../engine/conformance/tar.ts";
import { createReaper } from "../reaper/reaper.ts";

const DAY = 86_400_000;

async function openArchive() {
  const clock = setClock();
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-archive-"));
  const domain = openMemoryDomain({ clock, stateDirectory }, { clock });
  return {
    ...domain,
    clock,
    stateDirectory,
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

  it.each(["stop", "pause"] as const)("after %s keeps its files where a link leads out, and says so", async (verb) => {
    await using it = await openArchive();
    const { id } = await it.sandbox.create({ name: "web" });
    await it.file.write({ id, path: "kept", content: "text" });
    await resultOf(it.sandbox.exec({ id, command: ["link", "/usr/bin/python3", "python"] }));
    const { state } = await it.sandbox[verb]({ id });
    it.clock.pass(180 * DAY);
    expect(await it.reaper.sweep()).toEqual([]);
    const why = 'It cannot be archived: "python" links to "/usr/bin/python3", outside /workspace.';
    expect(await it.sandbox.get({ id })).toMatchObject({ state, pausedBy: "owner", reason: why });
    expect(await it.archives()).toEqual([]);
    expect(await it.context.engine.inspect(id)).toMatchObject({ state: verb === "pause" ? "paused" : "exited" });
    it.control.failNext("files.download", new MoorageError("ENGINE_FAILED", "It was asked for again."));
    it.clock.pass(DAY);
    expect(await it.reaper.sweep()).toEqual([]);
    await expect(Array.fromAsync(it.context.engine.files.download(id, "/workspace"))).rejects.toThrow("again");
    await it.sandbox[verb === "pause" ? "resume" : "start"]({ id });
    expect(await it.file.read({ id, path: "kept" })).toMatchObject({ content: "text" });
    await it.file.remove({ id, path: "python" });
    await it.sandbox[verb]({ id });
    it.clock.pass(180 * DAY);
    expect(await it.reaper.sweep()).toEqual([{ what: "archived", id }]);
    await it.sandbox.start({ id });
    expect(await it.file.read({ id, path: "kept" })).toMatchObject({ content: "text" });
  });

  it("keeps its files where a name is not UTF-8, and why it was stopped", async () => {
    await using it = await openArchive();
    const { id } = await it.sandbox.create({ idleTimeoutMs: 1000 });
    await it.file.write({ id, path: "kept", content: "text" });
    it.clock.pass(1000);
    expect(await it.reaper.sweep()).toEqual([{ what: "idle", id }]);
    vi.spyOn(it.context.engine.files, "download").mockImplementationOnce(() => withByte(0xe9, "workspace/é-caf#"));
    it.clock.pass(180 * DAY);
    expect(await it.reaper.sweep()).toEqual([]);
    expect((await it.sandbox.get({ id })).reason).toBe(
      'It was idle for 1 s. It cannot be archived: the name "é-caf\uFFFD" is not UTF-8.',
    );
    expect(await it.archives()).toEqual([]);
    expect(await it.file.read({ id, path: "kept" })).toMatchObject({ content: "text" });
  });

  it("has its archive's name on the disk before its container goes", async () => {
    await using it = await openArchive();
    const { id } = await it.sandbox.create({});
    await it.sandbox.stop({ id });
    it.clock.pass(180 * DAY);
    using syncs = await watchSyncs(it.stateDirectory);
    await it.reaper.sweep();
    const inodes = [`archives/${id}.tar`, "archives", ""].map((path) => stat(join(it.stateDirectory, path)));
    expect(syncs.inodes).toEqual((await Promise.all(inodes)).map(({ ino }) => ino));
  });
});

/** A tar of one file with a byte in its name, in an extended record, that stands for its "#". */
async function* withByte(byte: number, name: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of tarOf({ name: "workspace/", type: "directory" }, { name, content: "" })) {
    yield chunk.map((each) => (each === "#".charCodeAt(0) ? byte : each));
  }
}

/** The inodes of what is to be synced, in their order. */
async function watchSyncs(anyDirectory: string) {
  await using handle = await open(anyDirectory, "r");
  const shared: unknown = Object.getPrototypeOf(handle);
  if (!isFileHandle(shared)) throw new Error("Node's file handles have no `sync` in common.");
  const inodes: number[] = [];
  const spy = vi.spyOn(shared, "sync").mockImplementation(async function note(this: FileHandle) {
    inodes.push((await this.stat()).ino);
  });
  return { inodes, [Symbol.dispose]: () => spy.mockRestore() };
}

function isFileHandle(value: unknown): value is FileHandle {
  return typeof value === "object" && value !== null && "sync" in value;
}
