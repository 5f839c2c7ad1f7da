import { z } from "zod";
import { MoorageError } from "../../../base/errors.ts";
import { tarEntries, type TarEntry } from "../../../base/tar-streams.ts";
import { stacked, type LayerFiles } from "./image-files.ts";
import { readLayer, type ToldFile } from "./read-layer.ts";

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
const Manifest = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) })).length(1);

export type ToldImage = {
  /** Of the image's configuration: the engine's own address of the content. */
  readonly id: string;
  readonly files: ReadonlyMap<string, ToldFile>;
};

/** What an archive of an image, as engines save it, tells of packages; of its layers as they lie over one another. */
export async function readImage(archive: AsyncIterable<Uint8Array>): Promise<ToldImage> {
  const layers = new Map<string, LayerFiles<ToldFile>>();
  let list: Uint8Array | undefined;
  for await (const entry of tarEntries(archive)) {
    const { name, size } = entry.header;
    if (name === "manifest.json") list = await bytesOf(entry);
    else if (name.startsWith("blobs/") && !(size <= MAX_DOCUMENT_BYTES && (await isDocument(entry, layers)))) {
      if (!layers.has(name)) layers.set(name, await readLayer(entry));
    }
  }
  const [image] = Manifest.parse(JSON.parse(Buffer.from(list ?? "[]").toString("utf8")));
  if (image === undefined) throw new MoorageError("ENGINE_FAILED", "The engine's archive has no image.");
  const stack = image.Layers.map((name) => layers.get(name)).filter((layer) => layer !== undefined);
  if (stack.length !== image.Layers.length) throw new MoorageError("ENGINE_FAILED", "The engine left layers out.");
  return { id: image.Config.replace(/^blobs\/sha256\//, "sha256:"), files: stacked(stack) };
}

/** A small content is read whole; where it is a layer, as such. */
async function isDocument(entry: TarEntry, layers: Map<string, LayerFiles<ToldFile>>): Promise<boolean> {
  const bytes = await bytesOf(entry);
  if ((bytes[0] === 0x7b || bytes[0] === 0x5b) && bytes.toString("latin1", 257, 262) !== "ustar") return true;
  layers.set(entry.header.name, await readLayer(one(bytes)));
  return false;
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield await Promise.resolve(bytes);
}

async function bytesOf(entry: TarEntry): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(entry));
}
