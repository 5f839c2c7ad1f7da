import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";

describe("a fork", () => {
  it("has the files and the settings of its sandbox, not its name", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, file } = domain.platform;
    const settings = { env: { A: "1" }, memoryBytes: 64 * 1024 * 1024, labels: { team: "red" }, idleTimeoutMs: 5000 };
    const origin = await sandbox.create({ name: "web", ttlMs: 60_000, runtime: "guarded", ...settings });
    await file.write({ id: origin.id, path: "kept", content: "text" });
    const fork = await sandbox.fork({ id: "web" });
    const { profile, limits, network, runtime, labels, idleTimeoutMs, image } = origin;
    expect(fork).toMatchObject({ profile, limits, network, runtime, labels, idleTimeoutMs, image });
    expect(fork).toMatchObject({ name: null, state: "running", snapshot: null, forkOf: origin.id });
    expect(fork.expiresAt).not.toBeNull();
    expect((await resultOf(sandbox.exec({ id: fork.id, command: ["env"] }))).stdout).toContain("A=1\n");
    await file.write({ id: fork.id, path: "kept", content: "other" });
    expect(await file.read({ id: origin.id, path: "kept" })).toMatchObject({ content: "text" });
    const named = await sandbox.fork({ id: fork.id, name: "second", labels: {}, idleTimeoutMs: 0 });
    expect(named).toMatchObject({ name: "second", labels: {}, idleTimeoutMs: 0, forkOf: fork.id });
    expect(await file.read({ id: "second", path: "kept" })).toMatchObject({ content: "other" });
  });

  it("goes with its snapshot, which nobody sees", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, snapshot } = domain.platform;
    const { id } = await sandbox.create({});
    const fork = await sandbox.fork({ id });
    const second = await sandbox.fork({ id: fork.id });
    expect((await snapshot.list({})).items).toEqual([]);
    const rows = await domain.context.store.snapshots.all();
    expect(rows).toHaveLength(2);
    for (const row of rows) await expect(snapshot.get({ id: row.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await sandbox.remove({ id: fork.id });
    expect(await domain.context.store.snapshots.all()).toHaveLength(1);
    expect((await sandbox.get({ id: second.id })).state).toBe("running");
    await sandbox.remove({ id: second.id });
    expect(await domain.context.store.snapshots.all()).toEqual([]);
    expect([...domain.control.host.images.keys()].filter((name) => name.includes("snapshot"))).toEqual([]);
  });

  it("has a workspace of its own where its sandbox has a volume", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, file } = domain.platform;
    const origin = await sandbox.create({ workspace: "volume:data" });
    await file.write({ id: origin.id, path: "kept", content: "text" });
    const fork = await sandbox.fork({ id: origin.id });
    expect(fork.volume).toBeNull();
    expect(await file.read({ id: fork.id, path: "kept" })).toMatchObject({ content: "text" });
    await file.write({ id: fork.id, path: "kept", content: "other" });
    expect(await file.read({ id: origin.id, path: "kept" })).toMatchObject({ content: "text" });
  });

  it.each(["pause", "stop"] as const)("of one after %s runs, and the other stays as it was", async (verb) => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    const { state } = await sandbox[verb]({ id });
    expect((await sandbox.fork({ id })).state).toBe("running");
    expect((await sandbox.get({ id })).state).toBe(state);
  });

  it("does not take the name of another sandbox, and leaves nothing when it cannot be made", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ name: "web" });
    await expect(sandbox.fork({ id, name: "web" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'You have a sandbox "web" already.',
      hint: "Choose another name, or remove that one first: `moorage sandbox rm web`.",
    });
    domain.control.failNext("createSandbox", new MoorageError("ENGINE_FAILED", "The engine coughed."));
    await expect(sandbox.fork({ id, name: "fork" })).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    expect(await domain.context.store.snapshots.all()).toEqual([]);
    expect(await domain.context.engine.list()).toHaveLength(1);
    expect((await sandbox.fork({ id, name: "fork" })).name).toBe("fork");
  });
});
