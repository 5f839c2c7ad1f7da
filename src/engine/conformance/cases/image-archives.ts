import { describe, expect, test } from "vitest";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import { collect, failure } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import type { ConformanceHarness } from "../harness.ts";

const LONG = { timeout: 180_000 };
const WORK_MS = 60_000;

export function describeImageArchives(harness: ConformanceHarness, fixture: () => Fixture): void {
  describe("images as archives", () => {
    if (harness.supports.images) describeRoundTrip(fixture);
    else describeNone(fixture);
  });
}

function describeNone(fixture: () => Fixture): void {
  test("an engine without images has no archives of them", () => {
    expect(fixture().engine.images).toBeUndefined();
  });
}

type Images = NonNullable<Fixture["engine"]["images"]>;

function imagesOf({ engine, harness }: Fixture): { readonly images: Images; readonly image: string } {
  if (engine.images === undefined || harness.image === undefined) throw new Error("The harness declares images.");
  return { images: engine.images, image: harness.image };
}

async function* of(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

function describeRoundTrip(fixture: () => Fixture): void {
  test("an image that was saved and removed is loaded again, and units run it", LONG, async () => {
    const { images, image } = imagesOf(fixture());
    const { job, harness } = fixture();
    const tag = `moorage-conformance/${newId()}:saved`;
    await using undo = new AsyncDisposableStack();
    undo.defer(async () => void (await harness.removeImage?.(tag)));
    const context = dockerfileAlone(`FROM ${image}\nENV SAVED="${tag}"\n`);
    await soon(images.build({ tag, context, labels: {} }, {}), "build", WORK_MS);
    const saved = Buffer.concat(await soon(Array.fromAsync(images.save(tag)), "save", WORK_MS));
    expect(saved.includes("oci-layout")).toBe(true);
    await soon(images.remove(tag), "remove", WORK_MS);
    const loaded = await soon(images.load({ reference: tag, tar: of(saved) }), "load", WORK_MS);
    expect(loaded.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await soon(images.find(tag), "find")).toEqual(loaded);
    await using unit = await job({ command: harness.programs.env("SAVED"), image: tag });
    expect((await collect(unit.run)).out).toBe(`${tag}\n`);
  });

  test("an image that is not there cannot be saved, and what is canceled ends", LONG, async () => {
    const { images, image } = imagesOf(fixture());
    const none = images.save(`moorage-conformance/${newId()}:none`);
    expect((await failure(soon(Array.fromAsync(none), "save none"))).code).toBe("IMAGE_NOT_FOUND");
    const canceled = images.save(image, AbortSignal.abort());
    expect((await failure(soon(Array.fromAsync(canceled), "canceled"))).code).toBe("CANCELED");
    for await (const _chunk of images.save(image)) break;
    expect(await soon(images.find(image), "find")).toBeDefined();
  });

  test("what is no archive of an image is refused, and leaves none", LONG, async () => {
    const { images } = imagesOf(fixture());
    const reference = `moorage-conformance/${newId()}:none`;
    const load = images.load({ reference, tar: of(Buffer.alloc(10_240)) });
    expect((await failure(soon(load, "load", WORK_MS))).code).toBe("IMAGE_ARCHIVE_INVALID");
    expect(await soon(images.find(reference), "find")).toBeUndefined();
  });
}
