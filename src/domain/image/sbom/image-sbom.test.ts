import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ociFiles, pieces, tarOf } from "../../../../test/fixtures/image-archives.ts";
import type { ArchiveFile } from "../../../../test/fixtures/image-archives.ts";
import { layoutDocuments, blobPath } from "../../../engine/oci-layout.ts";
import { sha256 } from "../../../base/sha256.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";
import { faultsOfBill } from "../../../../test/fixtures/cyclonedx.ts";
import { openMemoryDomain } from "../../../../test/fixtures/memory-domain.ts";
import { billOfMaterials } from "./bill-of-materials.ts";
import { readLayer } from "./read-layer.ts";
import { readImage } from "./read-image.ts";

const STATUS = `Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2.15-2+b7
Description: GNU Bourne Again SHell
 Version: 0 of a line that goes on

Package: gone
Status: deinstall ok config-files
Version: 1
`;
const METADATA = "Metadata-Version: 2.1\nName: pip\nVersion: 24.0\n\nName: no\nVersion: 9\n";
const SITE = "usr/local/lib/python3.11/site-packages";
const nodePackage = (name: string, version: string): ArchiveFile => ({
  name: `app/node_modules/${name}/package.json`,
  content: JSON.stringify({ name, version }),
});

/** As engines save an image: blobs in whatever order, and what is made of them last. */
async function* saved(...layers: readonly (readonly ArchiveFile[])[]): AsyncGenerator<Uint8Array> {
  const contents = await Promise.all(layers.map((files) => tarOf(...files)));
  const archived = contents.map((content) => ({ digest: sha256(content), sizeBytes: content.length, mediaType: "" }));
  const documents = layoutDocuments({ config: Buffer.from("{}"), layers: archived, tag: "a:b" });
  const blobs = contents.toReversed().map((content) => ({ name: blobPath(sha256(content)), content }));
  const rest = documents.map(({ name, bytes }) => ({ name, content: bytes }));
  yield* pieces(await tarOf(...blobs, ...rest), 700);
}

async function packagesOf(...layers: readonly (readonly ArchiveFile[])[]): Promise<readonly string[]> {
  const { files } = await readImage(saved(...layers));
  return [...files.values()]
    .flatMap((file) => (file.kind === "packages" ? file.packages : []))
    .map(({ type, name, version }) => `${type} ${name} ${version}`)
    .toSorted();
}

describe("the packages of an image", () => {
  it("are those of dpkg, apk, pip and npm", async () => {
    const found = await packagesOf([
      { name: "var/lib/dpkg/status", content: STATUS },
      { name: "./var/lib/dpkg/status.d/base", content: "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n" },
      { name: "lib/apk/db/installed", content: "C:Q1\nP:musl\nV:1.2.4-r2\nA:x86_64\n\nP:zlib\nV:1.3\n" },
      { name: `${SITE}/pip-24.0.dist-info/METADATA`, content: METADATA },
      { name: `${SITE}/old.egg-info/PKG-INFO`, content: "Name: Old.Thing\nVersion: 0.1\n" },
      nodePackage("left-pad", "1.3.0"),
      nodePackage("@scope/own", "2.0.0"),
      { name: "app/node_modules/left-pad/lib/package.json", content: '{"name":"no","version":"1"}' },
      { name: "app/package.json", content: '{"name":"app","version":"1"}' },
    ]);
    expect(found).toEqual([
      ...["apk musl 1.2.4-r2", "apk zlib 1.3", "deb base-files 12.4", "deb bash 5.2.15-2+b7"],
      ...["npm @scope/own 2.0.0", "npm left-pad 1.3.0", "pypi Old.Thing 0.1", "pypi pip 24.0"],
    ]);
  });

  it("are those of its layers as they lie over one another", async () => {
    const bottom = [
      { name: `${SITE}/pip-24.0.dist-info/METADATA`, content: METADATA },
      ...["a", "b", "c"].map((name) => nodePackage(name, "1.0.0")),
      { name: "var/lib/dpkg/status", content: STATUS },
    ];
    const middle = [
      { name: `${SITE}/.wh.pip-24.0.dist-info`, content: "" },
      { name: "app/node_modules/.wh..wh..opq", content: "" },
      nodePackage("d", "1.0.0"),
    ];
    const top = [
      { name: "var/lib/dpkg/status", content: STATUS.replace("5.2.15", "5.3") },
      { name: "app/node_modules/d", type: "symlink", linkname: "/elsewhere" } as const,
    ];
    expect(await packagesOf(bottom, middle)).toEqual(["deb bash 5.2.15-2+b7", "npm d 1.0.0"]);
    expect(await packagesOf(bottom, middle, top)).toEqual(["deb bash 5.3-2+b7"]);
    expect(await packagesOf(middle, bottom)).toHaveLength(6);
  });

  it.each([gzipSync, zstdCompressSync])("are those of a layer that is packed by %o", async (packed) => {
    const layer = await tarOf({ name: "var/lib/dpkg/status", content: STATUS });
    const { files } = await readLayer(pieces(packed(layer), 3));
    expect([...files.keys()]).toEqual(["var/lib/dpkg/status"]);
  });

  it("of a file that cannot be read are left out, and the file is told", async () => {
    const { files } = await readImage(saved([{ ...nodePackage("bad", "1"), content: "{" }, nodePackage("good", "1")]));
    expect(files.get("app/node_modules/bad/package.json")).toEqual({ kind: "unreadable" });
    expect(files.get("app/node_modules/good/package.json")).toMatchObject({ kind: "packages" });
  });
});

describe("a bill of materials", () => {
  const billOf = async (...files: readonly ArchiveFile[]) =>
    billOfMaterials(await readImage(saved(files)), { reference: "agent-env:a", at: "2026-01-02T03:04:05.678Z" });

  it("is what the schema of CycloneDX asks for, with the packages of each kind", async () => {
    const { document, components } = await billOf(
      { name: "etc/os-release", content: 'ID=debian\nVERSION_ID="12"\n' },
      { name: "var/lib/dpkg/status", content: STATUS },
      { name: "lib/apk/db/installed", content: "C:Q1\nP:musl\nV:1.2.4-r2\nA:x86_64\n" },
      { name: `${SITE}/pip-24.0.dist-info/METADATA`, content: METADATA },
      nodePackage("@scope/own", "2.0.0"),
    );
    expect(components).toBe(4);
    expect(await faultsOfBill(document)).toBeNull();
    expect(await faultsOfBill({ ...document, components: [{ name: "without a type" }] })).not.toBeNull();
  });

  it.each([
    ["a version that is longer than the schema allows", "1".repeat(1025), "long"],
    ["a name that is no text", "1", "\ud800"],
  ])("leaves out %s, with a warning", async (_what, version, name) => {
    const bad = { name: "app/node_modules/bad/package.json", content: JSON.stringify({ name, version }) };
    const { document, components, warnings } = await billOf(bad, nodePackage("good", "1"));
    expect(components).toBe(1);
    expect(warnings).toEqual(["/app/node_modules/bad/package.json tells of a package, and cannot be read."]);
    expect(await faultsOfBill(document)).toBeNull();
  });
});

describe("image.sbom", () => {
  it("answers an empty bill for an image without packages, and none for somebody else's", async () => {
    await using domain = openMemoryDomain();
    const archive = pieces(await tarOf(...ociFiles({ layers: [await tarOf()] })));
    const { reference } = await domain.platform.raw.importImage({ tag: "mine" }, archive);
    const bill = await domain.platform.image.sbom({ reference });
    expect(bill).toMatchObject({ reference, components: 0, warnings: [] });
    expect(bill.document).toMatchObject({
      ...{ bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: expect.stringMatching(/^urn:uuid:/) as string },
      metadata: { component: { type: "container", name: reference, version: bill.imageId } },
    });
    expect(await faultsOfBill(bill.document)).toBeNull();
    expect(await failureOf(domain.platformOf("bob").image.sbom({ reference }))).toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    expect(await failureOf(domain.platform.image.sbom({ reference: "agent-env:none" }))).toMatchObject({
      message: "The engine has no image agent-env:none.",
    });
  });
});
