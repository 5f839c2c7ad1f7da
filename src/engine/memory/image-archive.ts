import { pipeline } from "node:stream/promises";
import { extract, pack } from "tar-stream";
import { z } from "zod";
import { MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { blobPath, layerMediaType, layoutDocuments } from "../oci-layout.ts";
import type { MemoryImage } from "./memory-image.ts";

const Manifest = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) })).length(1);
const Config = z.object({
  config: z.object({
    Env: z.array(z.string()).default([]),
    Cmd: z.array(z.string()).nullish(),
    User: z.string().default(""),
    OnBuild: z.array(z.string()).nullish(),
  }),
});

/** An image as an archive: its layer is empty, as images have no files here. */
export async function* memoryArchive(image: MemoryImage): AsyncGenerator<Uint8Array, void, undefined> {
  const layer = Buffer.alloc(1024);
  const digest = sha256(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: {
        Env: Object.entries(image.env).map(([name, value]) => `${name}=${value}`),
        Cmd: image.command,
        User: image.user,
        OnBuild: image.triggers,
      },
      rootfs: { type: "layers", diff_ids: [digest] },
    }),
  );
  const archive = pack();
  archive.entry({ name: blobPath(digest) }, layer);
  const layers = [{ digest, sizeBytes: layer.length, mediaType: layerMediaType(layer) }];
  for (const { name, bytes } of layoutDocuments({ config, layers, tag: image.reference })) {
    archive.entry({ name }, Buffer.from(bytes));
  }
  archive.finalize();
  for await (const chunk of archive) if (chunk instanceof Uint8Array) yield chunk;
}

/** The image of an archive that is loaded. */
export async function archivedImage(reference: string, tar: AsyncIterable<Uint8Array>): Promise<MemoryImage> {
  const files = await filesOf(tar);
  const at = (name: string): Buffer => {
    const found = files.get(name);
    if (found === undefined) throw new MoorageError("IMAGE_ARCHIVE_INVALID", `The archive has no ${name}.`);
    return found;
  };
  const [manifest] = Manifest.parse(JSON.parse(at("manifest.json").toString()));
  const config = at(manifest?.Config ?? "");
  const { Env, Cmd, User, OnBuild } = Config.parse(JSON.parse(config.toString())).config;
  const pairs = Env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  const sizeBytes = (manifest?.Layers ?? []).reduce((bytes, name) => bytes + at(name).length, 0);
  const described = { env: Object.fromEntries(pairs), command: Cmd ?? [], user: User };
  const digest = sha256(config);
  return { reference, digest, id: digest, sizeBytes, triggers: OnBuild ?? [], ...described };
}

async function filesOf(tar: AsyncIterable<Uint8Array>): Promise<ReadonlyMap<string, Buffer>> {
  const archive = extract();
  const feeding = pipeline(tar, archive);
  feeding.catch(() => undefined);
  const files = new Map<string, Buffer>();
  for await (const entry of archive) {
    files.set(entry.header.name, Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Uint8Array>)));
  }
  await feeding;
  return files;
}
