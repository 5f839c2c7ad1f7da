import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  dockerFiles,
  ociFiles,
  pieces,
  tarOf,
  type ArchiveFile,
  type TestImage,
} from "../../../../test/fixtures/image-archives.ts";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../../test/fixtures/memory-domain.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";

const MIB = 1024 * 1024;
const EMPTY = await tarOf();
const FILE = await tarOf({ name: "word", content: "imported" });
const IMAGE: TestImage = { layers: [EMPTY, FILE], env: ["WORD=imported"] };

type Import = (domain: MemoryDomain, files: readonly ArchiveFile[], tag?: string) => Promise<unknown>;
const imported: Import = async ({ platform }, files, tag) =>
  platform.raw.importImage(tag === undefined ? {} : { tag }, pieces(await tarOf(...files)));

const withWord = (word: string): string => expect.stringContaining(`WORD=${word}\n`) as string;

describe("an archive that is imported", () => {
  it.each([
    ["an OCI layout", ociFiles(IMAGE)],
    ["an OCI layout with layers in gzip", ociFiles({ ...IMAGE, compress: "gzip" })],
    ["an OCI layout with layers in zstd", ociFiles({ ...IMAGE, compress: "zstd" })],
    ["an OCI layout whose names begin with ./", ociFiles(IMAGE).map((file) => ({ ...file, name: `./${file.name}` }))],
    ["what docker save writes", dockerFiles(IMAGE)],
  ])("becomes the caller's own image: %s", async (_name, files) => {
    await using domain = openMemoryDomain();
    const { image, job } = domain.platform;
    const made = await imported(domain, files, "brought");
    expect(made).toMatchObject({ reference: "agent-env:brought", kind: "imported", missing: false });
    expect((await image.list({})).items).toEqual([made]);
    const run = await resultOf(job.run({ image: "agent-env:brought", command: ["env"] }));
    expect(run).toMatchObject({ stdout: withWord("imported"), exitCode: 0 });
    expect(await image.exists({ reference: "python:3.11-slim" })).toMatchObject({ ok: true });
    expect((await domain.platformOf("bob").image.list({})).items).toEqual([]);
  });

  it("is called by the time where no tag is given", async () => {
    await using domain = openMemoryDomain();
    expect(await imported(domain, ociFiles(IMAGE))).toMatchObject({
      reference: expect.stringMatching(/^agent-env:import-\d{8}T\d{9}Z$/) as string,
    });
  });

  it("comes back from what was exported", async () => {
    await using domain = openMemoryDomain();
    const { raw } = domain.platform;
    await imported(domain, ociFiles(IMAGE), "first");
    const archive = raw.exportImage({ reference: "agent-env:first" });
    const second = await raw.importImage({ tag: "second" }, archive);
    const run = domain.platform.job.run({ image: second.reference, command: ["env"] });
    expect(await resultOf(run)).toMatchObject({ stdout: withWord("imported") });
  });

  it("takes the place of one's own image, and of no other", async () => {
    await using domain = openMemoryDomain();
    await imported(domain, ociFiles(IMAGE), "mine");
    const other = { ...IMAGE, env: ["WORD=again"] };
    await imported(domain, ociFiles(other), "mine");
    const run = domain.platform.job.run({ image: "agent-env:mine", command: ["env"] });
    expect(await resultOf(run)).toMatchObject({ stdout: withWord("again") });
    const bob = domain.platformOf("bob").raw.importImage({ tag: "mine" }, pieces(await tarOf(...ociFiles(IMAGE))));
    expect(await failureOf(bob)).toMatchObject({
      code: "CONFLICT",
      message: "The tag agent-env:mine is in use by an image that is not yours.",
      hint: "Choose another --tag, or leave it out.",
    });
    expect(await failureOf(imported(domain, ociFiles(IMAGE), "python:3.11-slim"))).toMatchObject({
      code: "INVALID_INPUT",
      message: 'tag: expected agent-env:TAG, or TAG alone (got "python:3.11-slim").',
    });
  });
});

const zeros = "0".repeat(64);
const others = ociFiles(IMAGE).filter(({ name }) => name !== "index.json");
const swapped = ociFiles(IMAGE).map((file, at) => (at === 3 ? { ...file, content: "other" } : file));
const manifestOf = (files: readonly ArchiveFile[], content: string): ArchiveFile[] => [
  ...files.filter(({ name }) => name !== "manifest.json"),
  { name: "manifest.json", content },
];

describe("an archive is refused", () => {
  it.each<readonly [why: string, files: readonly ArchiveFile[], expected: string | RegExp]>([
    ["without anything", [], "it has neither an OCI layout nor a manifest.json"],
    ["without an index", others, 'it has no "index.json": it may have been cut off'],
    ["without a blob", ociFiles(IMAGE).toSpliced(3, 1), /it has no "blobs\/sha256\/\w{64}": it may have been cut off/],
    ["with a blob of other content", swapped, /its blob sha256:\w{64} has the content of sha256:\w{64}/],
    [
      "with a configuration that lies about a layer",
      ociFiles({ ...IMAGE, diffIds: [`sha256:${zeros}`, `sha256:${zeros}`] }),
      /its layer sha256:\w{64} unpacks to sha256:\w{64}, and its configuration tells of sha256:0{64}/,
    ],
    [
      "with a configuration that leaves layers out",
      ociFiles({ ...IMAGE, diffIds: [] }),
      "its configuration tells of 0 layers, and it has 2",
    ],
    ["with a name that leads out", [{ name: "../evil", content: "x" }], 'its entry "../evil" leads out of it'],
    ["with a name that climbs later", [{ name: "a/../../b", content: "x" }], 'its entry "a/../../b" leads out of it'],
    ["with an absolute name", [{ name: "/etc/passwd", content: "x" }], 'its entry "/etc/passwd" leads out of it'],
    [
      "with a link that leads out",
      [{ name: "a", type: "symlink", linkname: "../../etc/passwd" }],
      'its entry "a -> ../../etc/passwd" leads out of it',
    ],
    ["with a device", [{ name: "null", type: "character-device" }], 'its entry "null" is a character-device'],
    ["with a name twice", [...others, ...others], /it has "blobs\/sha256\/\w{64}" twice/],
    [
      "with several images",
      manifestOf(dockerFiles(IMAGE), JSON.stringify([1, 2].map(() => ({ Config: "a", Layers: [] })))),
      "expected one image, got 2",
    ],
    ["with a list that is no JSON", manifestOf(dockerFiles(IMAGE), "[{"), "manifest.json is no JSON"],
    [
      "with a list that is no list",
      manifestOf(dockerFiles(IMAGE), '{"a":1}'),
      /manifest.json is not what it should be/,
    ],
    [
      "that was made of a sandbox",
      ociFiles({ ...IMAGE, labels: { "moorage.kind": "snapshot" } }),
      /it was made of a sandbox as a snapshot/,
    ],
  ])("%s", async (_why, files, expected) => {
    await using domain = openMemoryDomain();
    const failure = await failureOf(imported(domain, files, "bad"));
    expect(failure.code).toBe("IMAGE_ARCHIVE_INVALID");
    expect(failure.message).toMatch(/^This is no archive of an image that can be loaded: /);
    expect(failure.message).toMatch(expected instanceof RegExp ? expected : new RegExp(RegExp.escape(expected)));
    expect(failure.hint).toContain("of one image for one platform");
    expect(await domain.platform.image.exists({ reference: "agent-env:bad" })).toMatchObject({ ok: false });
    expect((await domain.platform.image.list({})).items).toEqual([]);
  });

  it("that is cut off, and one that is no tar", async () => {
    await using domain = openMemoryDomain();
    const { raw } = domain.platform;
    const whole = await tarOf(...ociFiles(IMAGE));
    for (const bytes of [whole.subarray(0, 3000), Buffer.from("<html>".repeat(1000)), gzipSync(whole)]) {
      const failure = await failureOf(raw.importImage({ tag: "bad" }, pieces(bytes)));
      expect(failure.code).toBe("IMAGE_ARCHIVE_INVALID");
      expect(failure.message).toMatch(/it cannot be read as tar|cut off/);
    }
  });

  it("that is too large, also where only what it unpacks to is", async () => {
    await using domain = openMemoryDomain();
    Object.assign(domain.context.policy, { images: { ...domain.context.policy.images, maxImportBytes: 2 * MIB } });
    const large = await tarOf({ name: "zeros", content: Buffer.alloc(3 * MIB) });
    const bombs = (["gzip", "zstd"] as const).map((compress) => ociFiles({ layers: [large], compress }));
    for (const bomb of bombs) expect((await tarOf(...bomb)).length).toBeLessThan(MIB);
    for (const [files, what] of [
      [ociFiles({ layers: [large] }), "The archive"],
      ...bombs.map((bomb) => [bomb, "What the archive unpacks to"] as const),
    ] as const) {
      expect(await failureOf(imported(domain, files))).toMatchObject({
        code: "LIMIT_EXCEEDED",
        message: `${what} has more than ${2 * MIB} bytes.`,
        hint: "Make the image smaller; an administrator raises the bound by `images.maxImportBytes`.",
      });
    }
  });

  it("whose sender breaks off is told as that, and leaves none", async () => {
    await using domain = openMemoryDomain();
    const whole = await tarOf(...ociFiles(IMAGE));
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces(whole.subarray(0, 2000));
      throw new Error("the sender is gone");
    };
    const failure = await failureOf(domain.platform.raw.importImage({ tag: "bad" }, broken()));
    expect(failure.message).toContain("the sender is gone");
    expect((await domain.platform.image.list({})).items).toEqual([]);
  });
});

describe("an image that is exported", () => {
  it("is there, and not somebody else's", async () => {
    await using domain = openMemoryDomain();
    await imported(domain, ociFiles(IMAGE), "mine");
    const none = Array.fromAsync(domain.platform.raw.exportImage({ reference: "agent-env:none" }));
    expect(await failureOf(none)).toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: "The engine has no image agent-env:none.",
    });
    const { digest } = await domain.platform.image.exists({ reference: "agent-env:mine" });
    for (const reference of ["agent-env:mine", "docker.io/library/agent-env:mine", digest ?? ""]) {
      const bobs = Array.fromAsync(domain.platformOf("bob").raw.exportImage({ reference }));
      expect(await failureOf(bobs)).toMatchObject({
        code: "IMAGE_NOT_FOUND",
        message: `The image ${reference} was found neither here nor in its registry.`,
      });
    }
  });
});
