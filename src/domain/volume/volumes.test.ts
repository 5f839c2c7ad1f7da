import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

const workspace = "volume:data";

describe("a volume", () => {
  it("outlives its sandboxes, is listed with them, and is removed by its owner alone", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, file, volume } = domain.platform;
    const first = await sandbox.create({ workspace });
    expect(first).toMatchObject({ volume: "data", workspace: "/workspace" });
    await file.write({ id: first.id, path: "kept", content: "text" });
    expect((await volume.list({})).items).toMatchObject([{ name: "data", owner: "alice", sandboxes: [first.id] }]);
    await sandbox.remove({ id: first.id });
    const second = await sandbox.create({ workspace });
    expect(await file.read({ id: second.id, path: "kept" })).toMatchObject({ content: "text" });
    expect((await domain.platformOf("bob").volume.list({})).items).toEqual([]);
    await expect(domain.platformOf("bob").volume.remove({ name: "data" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'You have no volume "data".',
      hint: "List what you own with `moorage volume ls`.",
    });
    await sandbox.remove({ id: second.id });
    expect(await volume.remove({ name: "data" })).toEqual({ name: "data", removed: true });
    expect((await volume.list({})).items).toEqual([]);
  });

  it("of one name is another for each owner", async () => {
    await using domain = openMemoryDomain();
    const bob = domain.platformOf("bob");
    const mine = await domain.platform.sandbox.create({ workspace });
    const his = await bob.sandbox.create({ workspace });
    await domain.platform.file.write({ id: mine.id, path: "secret", content: "mine" });
    await expect(bob.file.read({ id: his.id, path: "secret" })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  it("is worked in by one sandbox at a time, unless all say that they share it", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    await sandbox.create({ name: "one", workspace });
    for (const shareWorkspace of [false, true]) {
      await expect(sandbox.create({ workspace, shareWorkspace })).rejects.toMatchObject({
        code: "CONFLICT",
        message: 'The volume "data" is in use by your sandbox "one".',
        hint: "Remove that sandbox, name another volume, or create both with --share-workspace.",
      });
    }
    const shared = { workspace: "volume:shared", shareWorkspace: true };
    await sandbox.create({ name: "two", ...shared });
    expect((await sandbox.create({ name: "three", ...shared })).volume).toBe("shared");
    expect((await sandbox.create({ name: "two", ...shared })).name).toBe("two");
    await expect(sandbox.create({ name: "two", workspace })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The sandbox "two" exists already, with another workspace.',
    });
  });

  it("wanted by two at once is made once, and one of them gets it", async () => {
    await using domain = openMemoryDomain();
    const both = await Promise.allSettled([1, 2].map(() => domain.platform.sandbox.create({ workspace })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect((await domain.platform.volume.list({})).items).toHaveLength(1);
    expect(await domain.context.engine.list()).toHaveLength(1);
  });

  it("in use is not removed", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "one", workspace });
    await expect(domain.platform.volume.remove({ name: "data" })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The volume "data" is in use by your sandbox "one".',
      hint: "Remove that first: `moorage sandbox rm one`.",
    });
  });

  it("removed while a sandbox is prepared for it is refused to that, and made anew for the next", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const { images } = engine;
    if (images === undefined) throw new Error("The memory engine has images.");
    const ensure: typeof images.ensure = async (...wish) => {
      await domain.platform.volume.remove({ name: "data" });
      return images.ensure(...wish);
    };
    const context = { ...domain.context, engine: { ...engine, images: { ...images, ensure } } };
    const slow = createPlatform(context, unrestricted("alice"));
    await expect(slow.sandbox.create({ workspace })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The volume "data" was removed while the sandbox was being prepared.',
    });
    expect(domain.control.host.volumes.size).toBe(0);
    expect(domain.control.units()).toEqual([]);
    expect((await domain.platform.sandbox.create({ workspace })).volume).toBe("data");
  });

  it("whose removal overtakes its making on the engine leaves nothing there", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const { volumes } = engine;
    if (volumes === undefined) throw new Error("The memory engine has volumes.");
    const ensure: typeof volumes.ensure = async (...wish) => {
      await domain.platform.volume.remove({ name: "data" });
      return volumes.ensure(...wish);
    };
    const context = { ...domain.context, engine: { ...engine, volumes: { ...volumes, ensure } } };
    const slow = createPlatform(context, unrestricted("alice"));
    await expect(slow.sandbox.create({ workspace })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(domain.control.host.volumes.size).toBe(0);
  });

  it("whose removal failed halfway goes to no sandbox, and is removed by the next removal", async () => {
    await using domain = openMemoryDomain();
    const { sandbox, volume } = domain.platform;
    await sandbox.remove({ id: (await sandbox.create({ workspace })).id });
    domain.control.failNext("volumes.remove", new MoorageError("ENGINE_UNREACHABLE", "gone"));
    await expect(volume.remove({ name: "data" })).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
    await expect(sandbox.create({ workspace })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The volume "data" is being removed.',
      hint: "Wait for that; if it was broken off, end it: `moorage volume rm data`.",
    });
    expect(await volume.remove({ name: "data" })).toEqual({ name: "data", removed: true });
    expect(domain.control.host.volumes.size).toBe(0);
    expect((await sandbox.create({ workspace })).volume).toBe("data");
  });

  it.each(["volume:", "volume:../x", "volume:A", "volume:a/b", ""])("is not named by %j", async (given) => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ workspace: given })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("expected volume:NAME") as string,
    });
  });

  it("that is to be shared has to be named", async () => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ shareWorkspace: true })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "shareWorkspace is true, but the workspace is the sandbox's own.",
      hint: "Name a volume or a directory: --workspace volume:NAME or --workspace DIR.",
    });
  });

  it("is ENGINE_UNSUPPORTED where storage goes with the sandbox", async () => {
    await using domain = openMemoryDomain();
    const { volumes: _volumes, ...engine } = domain.context.engine;
    const platform = createPlatform({ ...domain.context, engine }, unrestricted("alice"));
    await expect(platform.sandbox.create({ workspace })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: "The memory engine has no volumes that outlive a sandbox.",
    });
    expect((await platform.volume.list({})).items).toEqual([]);
  });
});
