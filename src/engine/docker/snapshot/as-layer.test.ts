import { extract } from "tar-stream";
import { describe, expect, it } from "vitest";
import { tarOf, type TarWish } from "../../conformance/tar.ts";
import { asLayer } from "./as-layer.ts";

const FILE = { content: "text", mode: 0o640 } as const;

describe("a layer of an archive", () => {
  it("is the archive to the byte, with the mark that hides lower layers behind the directory", async () => {
    const name = `workspace/${"ä".repeat(120)}`;
    const wishes: TarWish[] = [
      { name: "workspace/", type: "directory" },
      { name, ...FILE },
    ];
    const archive = Buffer.concat(await Array.fromAsync(tarOf(...wishes)));
    for (const size of [1, 511, 512, 100_000]) {
      const layer = Buffer.concat(await Array.fromAsync(asLayer(inPieces(archive, size), "workspace")));
      expect(layer.subarray(0, 512)).toEqual(archive.subarray(0, 512));
      expect(layer.subarray(1024)).toEqual(archive.subarray(512));
      expect(await entriesOf(layer)).toEqual([
        ["workspace/", "directory", null],
        ["workspace/.wh..wh..opq", "file", null],
        [name, "file", null],
      ]);
    }
  });

  it("is renamed where the archive names its entries otherwise", async () => {
    const root: TarWish = { name: "/", type: "directory" };
    const link: TarWish = { name: "/sub/hard", type: "link", linkname: "/sub/file" };
    const soft: TarWish = { name: "/soft", type: "symlink", linkname: "/etc/passwd" };
    const source = tarOf(root, { name: "/sub/file", ...FILE }, link, soft);
    const layer = Buffer.concat(await Array.fromAsync(asLayer(source, "workspace")));
    expect(await entriesOf(layer)).toEqual([
      ["workspace/", "directory", null],
      ["workspace/.wh..wh..opq", "file", null],
      ["workspace/sub/file", "file", null],
      ["workspace/sub/hard", "link", "workspace/sub/file"],
      ["workspace/soft", "symlink", "/etc/passwd"],
    ]);
  });

  it("is ENGINE_FAILED where there is none", async () => {
    await expect(Array.fromAsync(asLayer(inPieces(Buffer.alloc(0), 1), "workspace"))).rejects.toMatchObject({
      code: "ENGINE_FAILED",
      message: "The engine's archive of the workspace has no first entry.",
    });
  });
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function entriesOf(tar: Uint8Array): Promise<unknown[]> {
  const archive = extract();
  archive.end(tar);
  const entries: unknown[] = [];
  for await (const entry of archive) {
    const { name, type, linkname } = entry.header;
    entries.push([name, type, linkname]);
    entry.resume();
  }
  return entries;
}
