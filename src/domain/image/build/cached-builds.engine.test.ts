import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import type { Platform } from "../../../contracts/platform.ts";
import type { Build, ImageBuild } from "../../../contracts/types.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";
import { openDockerDomain, type DockerDomain } from "../../../../test/fixtures/docker-domain.ts";

type Files = NonNullable<ImageBuild["files"]>;

async function built(platform: Platform, input: ImageBuild): Promise<Build> {
  const last = (await Array.fromAsync(platform.image.build(input))).at(-1);
  if (last?.type !== "result") throw new Error(`Expected a result at the end, got ${last?.type ?? "nothing"}.`);
  return last.result;
}

describe("a build that was done before", { timeout: 300_000 }, () => {
  let domain: DockerDomain;
  let base: string;
  let dockerfile: string;
  let input: ImageBuild & { readonly files: Files };
  let first: Build;

  const again = (wish: Partial<ImageBuild> = {}): Promise<Build> =>
    built(domain.platform, { ...input, tag: `test-${newId()}`, ...wish });
  const withFiles = (files: Files): Promise<Build> => again({ files: { ...input.files, ...files } });
  const isHit = ({ imageId, steps, cachedSteps }: Build): boolean =>
    imageId === first.imageId && cachedSteps === (steps ?? 0) - 2;

  beforeEach(async () => {
    domain = openDockerDomain();
    base = await domain.ownImage("busybox");
    dockerfile = [
      `FROM ${base} AS inner`,
      "ARG WORD=a",
      "COPY . /app",
      'RUN echo "$WORD" > /word',
      "FROM inner",
      "ENV LAST=1",
      "",
    ].join("\n");
    const files = { Dockerfile: dockerfile, "a.txt": "one", "b.txt": "", ".dockerignore": "b.txt\n" };
    input = { files, labels: { "org.example.own": newId() } };
    first = await again();
  });
  afterEach(() => domain[Symbol.asyncDispose]());

  it("comes from the cache, with a record and a receipt of its own", async () => {
    const second = await again();
    expect(isHit(second)).toBe(true);
    expect([second.buildId, second.receiptId]).not.toEqual([first.buildId, first.receiptId]);
    const receipt = await domain.platform.receipt.get({ receiptId: second.receiptId ?? "" });
    expect(receipt).toMatchObject({ imageId: first.imageId, durationMs: second.durationMs, status: "succeeded" });
    expect((await domain.platform.image.logs({ ref: second.buildId })).text).toContain(" ---> Using cache");
  });

  it.each<[string, () => Promise<Build>]>([
    ["a file", () => withFiles({ "a.txt": "two" })],
    ["a file's mode", () => withFiles({ "a.txt": { base64: btoa("one"), mode: "0755" } })],
    ["what is ignored", () => withFiles({ ".dockerignore": "\n" })],
    ["the Dockerfile", () => withFiles({ Dockerfile: dockerfile.replace("LAST=1", "LAST=2") })],
    ["an argument", () => again({ buildArgs: { WORD: "b" } })],
    ["the stage", () => again({ target: "inner" })],
    ["a label", () => again({ labels: { "org.example.own": newId() } })],
    ["that no cache is wanted", () => again({ noCache: true })],
    [
      "the base image",
      async () => {
        const context = dockerfileAlone(`FROM busybox:latest\nLABEL moorage.test=${base}\nENV NEW=${newId()}\n`);
        await domain.images.build({ tag: base, context, labels: {} }, {});
        return again();
      },
    ],
  ])("gives another image where it is changed: %s", async (...[, changed]) => {
    const other = await changed();
    expect(other.imageId).not.toBe(first.imageId);
    expect(isHit(other)).toBe(false);
  });

  it("is done again where its image is gone", async () => {
    await domain.platform.image.remove({ reference: first.tag });
    await domain.platform.image.prune({});
    expect(await domain.images.find(first.imageId ?? "")).toBeUndefined();
    const second = await again();
    expect(second.cachedSteps).toBe(0);
    expect(await domain.platform.image.exists({ reference: second.tag })).toMatchObject({ ok: true });
  });

  it("gives its tag back to what is built under it last", async () => {
    const { tag } = first;
    const other = await again({ tag, buildArgs: { WORD: "b" } });
    const { images } = domain;
    expect((await images.find(tag))?.id).toBe(other.imageId);
    const second = await again({ tag });
    expect(isHit(second)).toBe(true);
    expect((await images.find(tag))?.id).toBe(first.imageId);
  });

  it("by another owner is that owner's, with a record of its own, and takes no tag of the first", async () => {
    const bob = domain.platformOf("bob");
    const { buildId, tag, receiptId } = await built(bob, { ...input, tag: `test-${newId()}` });
    expect((await bob.image.list({})).items.map(({ reference }) => reference)).toEqual([tag]);
    expect((await bob.image.builds({})).items.map((build) => build.buildId)).toEqual([buildId]);
    expect(await bob.receipt.get({ receiptId: receiptId ?? "" })).toMatchObject({ owner: "bob", buildId });
    expect((await failureOf(built(bob, { ...input, tag: first.tag }))).code).toBe("CONFLICT");
    await bob.image.remove({ reference: tag });
    expect((await domain.images.find(first.tag))?.id).toBe(first.imageId);
  });
});
