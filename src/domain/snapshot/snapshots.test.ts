import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

async function write(domain: MemoryDomain, id: string, text: string): Promise<void> {
  await resultOf(domain.platform.sandbox.exec({ id, command: ["write", "/etc/kept", text] }));
  await domain.platform.file.write({ id, path: "kept", content: text });
}

async function read(domain: MemoryDomain, id: string): Promise<readonly string[]> {
  const root = await resultOf(domain.platform.sandbox.exec({ id, command: ["read", "/etc/kept"] }));
  const { content } = await domain.platform.file.read({ id, path: "kept" });
  return [root.stdout, content];
}

describe("a snapshot", () => {
  it("is taken, listed, made a sandbox of, and removed", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, snapshot } = domain.platform;
    const { id, image } = await sandbox.create({ name: "web", env: { SECRET: "told to nobody" } });
    await write(domain, id, "first");
    const taken = await sandbox.snapshot({ id: "web", name: "base", comment: "Before the upgrade." });
    expect(taken).toMatchObject({
      ...{ name: "base", comment: "Before the upgrade.", owner: "alice", sandboxId: id, image },
      ...{ dependencies: [], packageManager: null, engine: "memory", sandboxes: [] },
    });
    expect(taken.sizeBytes).toBeGreaterThan(0);
    await write(domain, id, "second");
    const made = await sandbox.create({ name: "other", snapshot: "base" });
    expect(made).toMatchObject({ snapshot: taken.id, forkOf: null, image, imageDigest: taken.digest });
    expect(await read(domain, made.id)).toEqual(["first", "first"]);
    expect(await read(domain, id)).toEqual(["second", "second"]);
    expect((await resultOf(sandbox.exec({ id: made.id, command: ["env"] }))).stdout).not.toContain("nobody");
    expect((await sandbox.create({ name: "other", snapshot: taken.id })).id).toBe(made.id);
    expect((await snapshot.list({})).items).toEqual([{ ...taken, sandboxes: [made.id] }]);
    expect(await snapshot.get({ id: "base" })).toEqual({ ...taken, sandboxes: [made.id] });
    await sandbox.remove({ id: made.id });
    await sandbox.remove({ id });
    expect(await snapshot.remove({ id: "base" })).toEqual({ id: taken.id, removed: true });
    expect((await snapshot.list({})).items).toEqual([]);
    expect([...domain.control.host.images.keys()].filter((name) => name.includes("snapshot"))).toEqual([]);
  });

  it("is its owner's alone", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const taken = await domain.platform.sandbox.snapshot({ id, name: "base" });
    const bob = domain.platformOf("bob");
    for (const ref of [taken.id, "base"]) {
      const refused = {
        code: "NOT_FOUND",
        message: `You have no snapshot "${ref}".`,
        hint: "List what you own with `moorage snapshot ls`.",
      };
      await expect(bob.snapshot.get({ id: ref })).rejects.toMatchObject(refused);
      await expect(bob.snapshot.remove({ id: ref })).rejects.toMatchObject(refused);
      await expect(bob.sandbox.create({ snapshot: ref })).rejects.toMatchObject(refused);
    }
    await expect(bob.sandbox.snapshot({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(bob.sandbox.fork({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(bob.sandbox.create({ image: `moorage-snapshot:${taken.id}` })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    expect((await bob.snapshot.list({})).items).toEqual([]);
    const his = await bob.sandbox.create({});
    expect((await bob.sandbox.snapshot({ id: his.id, name: "base" })).name).toBe("base");
  });

  it.each(["paused", "stopped"] as const)("is taken of a %s sandbox, which stays so", async (state) => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    await write(domain, id, "text");
    await sandbox[state === "paused" ? "pause" : "stop"]({ id });
    const { id: snapshot } = await sandbox.snapshot({ id });
    expect(await sandbox.get({ id })).toMatchObject({ state, pausedBy: "owner" });
    expect(await read(domain, (await sandbox.create({ snapshot })).id)).toEqual(["text", "text"]);
  });

  it("is not taken of a sandbox that the engine does not have, and nothing is left", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ name: "web" });
    domain.control.vanish(id);
    for (const work of [sandbox.snapshot({ id }), sandbox.fork({ id })]) {
      await expect(work).rejects.toMatchObject({
        code: "SANDBOX_NOT_RUNNING",
        message: 'Sandbox "web" is lost (The engine no longer has it); a snapshot needs one that the engine has.',
        hint: "Remove it with `moorage sandbox rm web` and create it anew.",
      });
    }
    expect(await domain.context.store.snapshots.all()).toEqual([]);
  });

  it("is not taken of a sandbox that is starting", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({ name: "web" });
    const row = await domain.context.store.sandboxes.get(id);
    if (row === undefined) throw new Error("The sandbox has a row.");
    await domain.context.store.sandboxes.remove(id);
    await domain.context.store.sandboxes.insert({ ...row, state: "starting" });
    await expect(domain.platform.sandbox.snapshot({ id })).rejects.toMatchObject({
      code: "SANDBOX_NOT_RUNNING",
      message: 'Sandbox "web" is starting; a snapshot needs one that the engine has.',
      hint: "Wait until it has started: `moorage sandbox get web`.",
    });
  });

  it("does not take the name of another", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, snapshot } = domain.platform;
    const { id } = await sandbox.create({});
    await sandbox.snapshot({ id, name: "base" });
    await expect(sandbox.snapshot({ id, name: "base" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'You have a snapshot "base" already.',
      hint: "Choose another name, or remove that one first: `moorage snapshot rm base`.",
    });
    expect((await snapshot.list({})).items).toHaveLength(1);
    await snapshot.remove({ id: "base" });
    expect((await sandbox.snapshot({ id, name: "base" })).name).toBe("base");
  });

  it("in use stays", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, snapshot } = domain.platform;
    const { id } = await sandbox.create({});
    await sandbox.snapshot({ id, name: "base" });
    await sandbox.create({ name: "user", snapshot: "base" });
    await expect(snapshot.remove({ id: "base" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The snapshot "base" is in use: your sandbox "user" is made of it.',
      hint: "Remove that first: `moorage sandbox rm user`.",
    });
    expect((await snapshot.get({ id: "base" })).sandboxes).toHaveLength(1);
  });

  it("that is too large, or one too many, is refused", async () => {
    await using domain = openMemoryDomain();
    const policy = { ...domain.context.policy, snapshots: { maxBytes: 1000, maxPerOwner: 1 } };
    const { sandbox, file, snapshot } = createPlatform({ ...domain.context, policy }, unrestricted("alice"));
    const { id } = await sandbox.create({});
    await file.write({ id, path: "large", content: "x".repeat(1000) });
    await expect(sandbox.snapshot({ id })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "The snapshot would take more than 1000 bytes.",
      details: { maxBytes: 1000 },
    });
    await file.remove({ id, path: "large" });
    await sandbox.snapshot({ id, name: "only" });
    await expect(sandbox.snapshot({ id })).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "You have 1 snapshots, and no more are allowed.",
      hint: "Remove one that you do not need: `moorage snapshot ls`, then `moorage snapshot rm`.",
    });
    await snapshot.remove({ id: "only" });
    await sandbox.snapshot({ id });
  });

  it.each([
    [
      { name: "No Label" },
      'sandbox.snapshot: name: expected a DNS label: 1 to 63 of a-z, 0-9 and inner dashes (got "No Label").',
    ],
    [{ comment: "" }, 'sandbox.snapshot: comment: expected some text (got "").'],
    [
      { comment: "x".repeat(513) },
      `sandbox.snapshot: comment: expected at most 512 characters (got "${"x".repeat(80)}…").`,
    ],
  ])("with %j is invalid", async (wish, message) => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    await expect(domain.platform.sandbox.snapshot({ id, ...wish })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message,
    });
  });

  it("is the only thing that a sandbox begins with", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    const { id: snapshot } = await sandbox.snapshot({ id });
    const others = { image: "busybox:latest", dependencies: ["requests"], packageManager: "pip" } as const;
    for (const field of ["image", "dependencies", "packageManager"] as const) {
      const wish = { [field]: field === "dependencies" ? [...others[field]] : others[field] };
      await expect(sandbox.create({ snapshot, ...wish })).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: `${field}: expected none beside snapshot, which has all of its files.`,
        hint: "Leave it out, and install what is missing in the sandbox; or leave the snapshot out.",
      });
    }
    await sandbox.create({ name: "plain" });
    await expect(sandbox.create({ name: "plain", snapshot })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The sandbox "plain" exists already, with another snapshot.',
    });
  });

  it("whose image has gone or become another is no start", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, snapshot } = domain.platform;
    const { id } = await sandbox.create({});
    const taken = await sandbox.snapshot({ id, name: "base" });
    const { images } = domain.control.host;
    const reference = `moorage-snapshot:${taken.id}`;
    const image = images.get(reference);
    if (image === undefined) throw new Error("The engine has the image.");
    images.set(reference, { ...image, digest: `sha256:${"0".repeat(64)}` });
    const hint = "Remove the snapshot with `moorage snapshot rm base`, and take another one.";
    await expect(sandbox.create({ snapshot: "base" })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: 'The image of the snapshot "base" has become another one on the engine.',
      hint,
    });
    images.delete(reference);
    await expect(sandbox.create({ snapshot: "base" })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: 'The image of the snapshot "base" is no longer on the engine.',
      hint,
    });
    expect(await snapshot.remove({ id: "base" })).toMatchObject({ removed: true });
  });

  it("is ENGINE_UNSUPPORTED where there are no images", async () => {
    await using domain = openMemoryDomain();
    const { snapshots: _snapshots, ...engine } = domain.context.engine;
    const platform = createPlatform({ ...domain.context, engine }, unrestricted("alice"));
    const { id } = await platform.sandbox.create({});
    for (const work of [platform.sandbox.snapshot({ id }), platform.sandbox.fork({ id })]) {
      await expect(work).rejects.toMatchObject({
        code: "ENGINE_UNSUPPORTED",
        message: "The memory engine has no images, so it cannot keep a snapshot of a sandbox.",
        hint: "Use --engine docker, or copy files out with `moorage sandbox cp`.",
      });
    }
  });

  it("that fails or is canceled leaves the sandbox as it was, and nothing else", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    domain.control.failNext("snapshots.take", new MoorageError("DISK_FULL", "There is no room."));
    await expect(sandbox.snapshot({ id })).rejects.toMatchObject({ code: "DISK_FULL" });
    await expect(sandbox.snapshot({ id }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELED" });
    expect(await domain.context.store.snapshots.all()).toEqual([]);
    expect(await domain.context.store.sandboxes.get(id)).toMatchObject({ state: "running", pending: null });
  });
});
