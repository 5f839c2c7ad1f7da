import { describe, expect, test } from "vitest";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import { failure } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const LONG = { timeout: 120_000 };
const TRANSFER_MS = 60_000;

export function describeImageTransfers(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("images to and from registries", () => {
    if (!harness.supports.images) return describeNone(fixture);
    describeNames(fixture);
    if (harness.registry === undefined) describeRefusal(fixture);
    else describeRoundTrip(harness.registry, fixture);
  });
}

type Images = NonNullable<Fixture["engine"]["images"]>;

function describeNone(fixture: () => Fixture): void {
  test("an engine without images moves none", () => {
    expect(fixture().engine.images).toBeUndefined();
  });
}

/** A small image of its own, removed under all its names at the end. */
async function ownImage({ engine, harness }: Fixture, undo: AsyncDisposableStack, tag: string): Promise<Images> {
  const { images } = engine;
  if (images === undefined || harness.image === undefined) throw new Error("The harness declares images.");
  undo.defer(async () => void (await harness.removeImage?.(tag)));
  const context = dockerfileAlone(`FROM ${harness.image}\nENV OWN="${tag}"\n`);
  await soon(images.build({ tag, context, labels: { "moorage.conformance": "1" } }, {}), "build", TRANSFER_MS);
  return images;
}

function describeNames(fixture: () => Fixture): void {
  test("an image gets a second name, which is taken from no other", LONG, async () => {
    await using undo = new AsyncDisposableStack();
    const tag = `moorage-conformance/${newId()}:own`;
    const name = `moorage-conformance/${newId()}:second`;
    const images = await ownImage(fixture(), undo, tag);
    const { image = "" } = fixture().harness;
    expect(await soon(images.tag(tag, name), "tag")).toBe(true);
    undo.defer(() => images.remove(name));
    expect(await soon(images.find(name), "find")).toMatchObject({ id: (await images.find(tag))?.id });
    expect(await soon(images.tag(tag, name), "tag again")).toBe(false);
    const before = await images.find(name);
    await expect(soon(images.tag(image, name), "take a name")).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await images.find(name)).toEqual(before);
    await expect(soon(images.tag(`${name}-none`, `${name}-2`), "tag none")).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
  });
}

function describeRefusal(fixture: () => Fixture): void {
  test("an engine that cannot ask a registry begins no push", LONG, async () => {
    await using undo = new AsyncDisposableStack();
    const tag = `127.0.0.1:1/moorage-conformance/${newId()}:1`;
    const images = await ownImage(fixture(), undo, tag);
    expect((await failure(soon(images.push(tag, {}), "push"))).code).toBe("ENGINE_UNSUPPORTED");
    expect((await failure(soon(images.confirm(tag, {}), "confirm"))).code).toBe("ENGINE_UNSUPPORTED");
  });
}

function describeRoundTrip(open: NonNullable<ConformanceHarness["registry"]>, fixture: () => Fixture): void {
  test("what is pushed is what the registry has, and comes back the same", LONG, async () => {
    await using undo = new AsyncDisposableStack();
    const { host } = undo.use(await open());
    const tag = `${host}/moorage-conformance/${newId()}:1`;
    const images = await ownImage(fixture(), undo, tag);
    const built = await images.find(tag);
    const told = new Map<string, string>();
    const pushed = await soon(
      images.push(tag, { onProgress: ({ layer, status }) => void told.set(layer, status) }),
      "push",
      TRANSFER_MS,
    );
    expect(pushed.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(pushed.layersPushed + pushed.layersReused).toBe(told.size);
    expect([...told.values()].every((status) => status === "done" || status === "there")).toBe(true);
    expect(await soon(images.confirm(tag, {}), "confirm")).toBe(pushed.digest);
    const again = await soon(images.push(tag, {}), "push again", TRANSFER_MS);
    expect(again).toEqual({ ...pushed, layersPushed: 0, layersReused: told.size });
    await images.remove(tag);
    const pulled = await soon(images.pull(tag, {}), "pull", TRANSFER_MS);
    expect(pulled).toMatchObject({ id: built?.id, digest: pushed.digest, pulled: true });
    expect(await soon(images.pull(tag, {}), "pull again", TRANSFER_MS)).toMatchObject({ pulled: false });
  });

  test("what no registry has is IMAGE_NOT_FOUND, and a canceled transfer is CANCELED", LONG, async () => {
    await using undo = new AsyncDisposableStack();
    const { host } = undo.use(await open());
    const tag = `${host}/moorage-conformance/${newId()}:1`;
    const images = await ownImage(fixture(), undo, tag);
    const none = `${host}/moorage-conformance/${newId()}:none`;
    expect((await failure(soon(images.pull(none, {}), "pull"))).code).toBe("IMAGE_NOT_FOUND");
    expect((await failure(soon(images.push(none, {}), "push"))).code).toBe("IMAGE_NOT_FOUND");
    expect((await failure(soon(images.confirm(none, {}), "confirm"))).code).toBe("IMAGE_NOT_FOUND");
    const signal = AbortSignal.abort();
    expect((await failure(soon(images.pull(tag, { signal }), "pull"))).code).toBe("CANCELED");
    expect((await failure(soon(images.push(tag, { signal }), "push"))).code).toBe("CANCELED");
  });
}
