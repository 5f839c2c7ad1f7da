import { afterEach, beforeEach, expect, test } from "vitest";
import { putMultiPlatform } from "../../../../test/fixtures/registry/multi-platform.ts";
import { startRegistry } from "../../../../test/fixtures/registry/registry.ts";
import type { ImageStore } from "../../engine.ts";
import { openDockerFixture, removeImage, type DockerFixture } from "../docker-fixture.ts";
import { findImage } from "./find-image.ts";
import { parseImageReference } from "../../../base/image-reference.ts";

let fixture: DockerFixture;
let opened: AsyncDisposableStack;

beforeEach(() => {
  opened = new AsyncDisposableStack();
  fixture = opened.use(openDockerFixture());
});
afterEach(() => opened.disposeAsync());

function images(): ImageStore {
  if (fixture.engine.images === undefined) throw new Error("The engine docker has images.");
  return fixture.engine.images;
}

test("an image that is there for several platforms comes for the one that was asked for", async () => {
  const { host } = opened.use(await startRegistry());
  const { reference, digest: listed } = await putMultiPlatform(host, [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
    { os: "linux", architecture: "arm", variant: "v7" },
  ]);
  const ids = new Set<string>();
  for (const [asked, found] of [
    ["linux/arm64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm/v7", "linux/arm/v7"],
    ["linux/amd64", "linux/amd64"],
  ] as const) {
    const { id, digest } = await images().pull(reference, { platform: asked });
    ids.add(id);
    expect(digest).toBe(listed);
    const image = await findImage(fixture.api, parseImageReference(reference));
    expect(image).toMatchObject({ platform: expect.stringContaining(found) as string });
  }
  expect(ids.size).toBe(3);
  for (const id of ids) await removeImage(fixture.api, id);
  await expect(images().pull(reference, { platform: "linux/s390x" })).rejects.toMatchObject({
    code: "IMAGE_NOT_FOUND",
    message: expect.stringContaining(
      `The image ${reference} is not there for the platform: no matching manifest`,
    ) as string,
    hint: "Name another platform, or another image.",
  });
  expect(await images().find(reference)).toBeUndefined();
});
