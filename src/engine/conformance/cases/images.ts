import { describe, expect, test } from "vitest";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import { collect, failure } from "../collect.ts";
import { jobSpec, sandboxSpec, soon, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const LONG = { timeout: 120_000 };

export function describeImages(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("images", () => {
    if (!harness.supports.images) return describeRefusal(fixture);
    describeStore(fixture);
    describeProcesses(harness.supports.buildProcesses ?? true, fixture);
  });
}

function describeRefusal(fixture: () => Fixture): void {
  test("an engine without images has no image store, and refuses a spec with an image", async () => {
    const { engine, harness } = fixture();
    expect(engine.images).toBeUndefined();
    const sandbox = { ...sandboxSpec(harness), image: "busybox:latest" };
    await expect(soon(engine.createSandbox(sandbox), "create")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
    const job = { ...jobSpec(harness, { command: harness.programs.exit(0) }), image: "busybox:latest" };
    await expect(soon(engine.startJob(job), "startJob")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
  });
}

type Store = { readonly images: NonNullable<Fixture["engine"]["images"]>; readonly image: string };

function storeOf({ engine, harness }: Fixture): Store {
  if (engine.images === undefined || harness.image === undefined) throw new Error("The harness declares images.");
  return { images: engine.images, image: harness.image };
}

function describeProcesses(bounded: boolean, fixture: () => Fixture): void {
  const build = async (): Promise<void> => {
    const { images, image } = storeOf(fixture());
    const tag = `moorage-conformance/${newId()}:bounded`;
    const context = dockerfileAlone(`FROM ${image}\nENV OWN="${tag}"\n`);
    const limits = { memoryBytes: 256 * 1024 ** 2, cpus: 1, pids: 64 };
    await soon(images.build({ tag, context, labels: {}, limits }, {}), "build", 60_000);
    await fixture().harness.removeImage?.(tag);
  };
  const obstacle = () => soon(storeOf(fixture()).images.processObstacle(), "processObstacle");

  if (bounded)
    test("a build's steps may be held to a number of processes", LONG, async () => {
      expect(await obstacle()).toBeUndefined();
      await expect(build()).resolves.toBeUndefined();
    });
  else
    test("a build whose steps cannot be held to a number of processes is refused, with the reason", LONG, async () => {
      const reason = await obstacle();
      const { code, message } = await failure(build());
      expect(code).toBe("ENGINE_UNSUPPORTED");
      expect(message).toContain(reason);
    });
}

function describeStore(fixture: () => Fixture): void {
  const store = (): Store => storeOf(fixture());

  test("an image that is there is found and ensured, with the same digest", async () => {
    const { images, image } = store();
    const found = await soon(images.find(image), "find");
    expect(found?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(found?.sizeBytes).toBeGreaterThan(0);
    expect((await soon(images.ensure(image, {}), "ensure")).digest).toBe(found?.digest);
  });

  test("an image that is not there is undefined to find", async () => {
    expect(await soon(store().images.find(`moorage-conformance/${newId()}:none`), "find")).toBeUndefined();
  });

  test("a unit of an image that is not there is IMAGE_NOT_FOUND, and nothing is left", async () => {
    const { engine, harness } = fixture();
    const image = `moorage-conformance/${newId()}:none`;
    const sandbox = { ...sandboxSpec(harness), image };
    await expect(soon(engine.createSandbox(sandbox), "create")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect(await soon(engine.inspect(sandbox.id), "inspect")).toBeUndefined();
    const job = { ...jobSpec(harness, { command: harness.programs.exit(0) }), image };
    await expect(soon(engine.startJob(job), "startJob")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect(await soon(engine.inspect(job.id), "inspect")).toBeUndefined();
  });

  test("a canceled ensure is CANCELED", async () => {
    const ensure = store().images.ensure(`moorage-conformance/${newId()}:none`, { signal: AbortSignal.abort() });
    await expect(soon(ensure, "ensure")).rejects.toMatchObject({ code: "CANCELED" });
  });

  test("a Dockerfile becomes an image that units run", LONG, async () => {
    const { images, image } = store();
    const { job, harness } = fixture();
    const tag = `moorage-conformance/${newId()}:built`;
    await using _ = {
      [Symbol.asyncDispose]: async (): Promise<void> => {
        await harness.removeImage?.(tag);
      },
    };
    const dockerfile = `FROM ${image}\nENV BUILT="by the suite"\n`;
    const labels = { "moorage.conformance": "1" };
    const built = await soon(images.build({ tag, context: dockerfileAlone(dockerfile), labels }, {}), "build", 60_000);
    expect(built.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await soon(images.find(tag), "find"))?.digest).toBe(built.digest);
    await using unit = await job({ command: harness.programs.env("BUILT"), image: tag });
    expect((await collect(unit.run)).out).toBe("by the suite\n");
  });

  test("a name that was given to another image, or to one at all, is given back", LONG, async () => {
    const { images, image } = store();
    const name = `moorage-conformance/${newId()}:kept`;
    const nothing = await soon(images.keepName(name), "keepName");
    await soon(images.tag(image, name), "tag");
    const kept = await soon(images.keepName(name), "keepName");
    const { id } = await soon(
      images.build({ tag: name, context: dockerfileAlone(`FROM ${image}\nENV OWN="${name}"\n`), labels: {} }, {}),
      "build",
      60_000,
    );
    for (let times = 0; times < 2; times += 1) await soon(kept.restore(), "restore");
    expect((await soon(images.find(name), "find"))?.id).toBe(kept.id);
    for (let times = 0; times < 2; times += 1) await soon(nothing.restore(), "restore");
    expect(await soon(images.find(name), "find")).toBeUndefined();
    expect((await soon(images.find(image), "find the other"))?.id).toBe(kept.id);
    expect(nothing.id).toBeUndefined();
    await soon(images.removeCache([id]), "removeCache");
  });

  test("an image is removed by its reference, but not while a unit is made of it", LONG, async () => {
    const { images, image } = store();
    const { sandbox, engine } = fixture();
    const tag = `moorage-conformance/${newId()}:removed`;
    await soon(
      images.build({ tag, context: dockerfileAlone(`FROM ${image}\nENV OWN="${tag}"\n`), labels: {} }, {}),
      "build",
      60_000,
    );
    const unit = await sandbox({ image: tag });
    await expect(soon(images.remove(tag), "remove")).rejects.toMatchObject({ code: "CONFLICT" });
    await soon(engine.remove(unit.id), "remove the unit");
    await soon(images.remove(tag), "remove", 60_000);
    expect(await soon(images.find(tag), "find")).toBeUndefined();
    await soon(images.remove(tag), "remove an absent one");
    expect(await soon(images.find(image), "find the base")).toBeDefined();
  });

  test("a build that fails is IMAGE_BUILD_FAILED, with the end of its log", LONG, async () => {
    const { images, image } = store();
    const tag = `moorage-conformance/${newId()}:none`;
    const dockerfile = `FROM ${image}\nTHIS is no instruction\n`;
    const build = images.build({ tag, context: dockerfileAlone(dockerfile), labels: {} }, {});
    const { code, details } = await failure(soon(build, "build", 60_000));
    expect(code).toBe("IMAGE_BUILD_FAILED");
    expect(JSON.stringify(details["log"])).toMatch(/THIS/i);
    expect(await soon(images.find(tag), "find")).toBeUndefined();
  });
}
