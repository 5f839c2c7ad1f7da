import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRegistry } from "../../../../test/fixtures/registry/registry.ts";
import { newId } from "../../../base/ids.ts";
import type { ImageStore } from "../../engine.ts";
import { openDockerFixture, removeImage, type DockerFixture } from "../docker-fixture.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import { findImage } from "./find-image.ts";
import { parseImageReference } from "../../../base/image-reference.ts";

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const LIST = "application/vnd.docker.distribution.manifest.list.v2+json";

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

type Part = { readonly mediaType: string; readonly size: number; readonly digest: string };
const hash = (data: Uint8Array): string => `sha256:${createHash("sha256").update(data).digest("hex")}`;
const part = (mediaType: string, data: Uint8Array): Part => ({ mediaType, size: data.length, digest: hash(data) });

/** Puts a blob or a manifest into a repository, as the protocol of registries has it. */
async function put(url: string, mediaType: string, data: Uint8Array): Promise<void> {
  const response = await fetch(url, { method: "PUT", headers: { "content-type": mediaType }, body: Buffer.from(data) });
  expect(response.status).toBe(201);
}

async function putBlob(repository: string, data: Uint8Array): Promise<void> {
  const { headers } = await fetch(`${repository}/blobs/uploads/`, { method: "POST" });
  const place = new URL(headers.get("location") ?? "", repository);
  place.searchParams.set("digest", hash(data));
  await put(place.href, "application/octet-stream", data);
}

/** An image of one file for a platform, under its digest alone. */
async function putImage(repository: string, platform: object): Promise<Part & { readonly platform: object }> {
  const archive = pack();
  archive.entry({ name: "file" }, newId());
  archive.finalize();
  const tar = Buffer.concat(await Array.fromAsync(bytesOf(archive)));
  const layer = gzipSync(tar);
  const rootfs = { type: "layers", diff_ids: [hash(tar)] };
  const config = Buffer.from(JSON.stringify({ ...platform, config: {}, rootfs }));
  for (const blob of [layer, config]) await putBlob(repository, blob);
  const layers = [part("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)];
  const named = { config: part("application/vnd.docker.container.image.v1+json", config), layers };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...named }));
  await put(`${repository}/manifests/${hash(manifest)}`, MANIFEST, manifest);
  return { ...part(MANIFEST, manifest), platform };
}

test("an image that is there for several platforms comes for the one that was asked for", async () => {
  const { host } = opened.use(await startRegistry());
  const name = `team/${newId()}`;
  const repository = `http://${host}/v2/${name}`;
  const manifests = [];
  for (const platform of [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
    { os: "linux", architecture: "arm", variant: "v7" },
  ]) {
    manifests.push(await putImage(repository, platform));
  }
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: LIST, manifests }));
  await put(`${repository}/manifests/1`, LIST, list);
  const reference = `${host}/${name}:1`;
  const ids = new Set<string>();
  for (const [asked, found] of [
    ["linux/arm64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm/v7", "linux/arm/v7"],
    ["linux/amd64", "linux/amd64"],
  ] as const) {
    const { id, digest } = await images().pull(reference, { platform: asked });
    ids.add(id);
    expect(digest).toBe(hash(list));
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
