import { sha256 } from "../base/sha256.ts";

/** A layer of an archive, as its bytes are there. */
export type ArchivedLayer = { readonly digest: string; readonly sizeBytes: number; readonly mediaType: string };

export type ArchivedImage = {
  /** The bytes of its configuration, whose digest is the image's id. */
  readonly config: Uint8Array;
  /** Lowest first. */
  readonly layers: readonly ArchivedLayer[];
  /** What it is called where it is loaded; undefined: it has no tag. */
  readonly tag: string | undefined;
};

type Document = { readonly name: string; readonly bytes: Uint8Array };

const OCI = "application/vnd.oci.image";
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Where the bytes of a digest are in an archive. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** What kind of layer it is, as its first bytes tell. */
export function layerMediaType(head: Uint8Array): string {
  const begins = (magic: readonly number[]): boolean => magic.every((byte, at) => head[at] === byte);
  if (begins(GZIP)) return `${OCI}.layer.v1.tar+gzip`;
  return begins(ZSTD) ? `${OCI}.layer.v1.tar+zstd` : `${OCI}.layer.v1.tar`;
}

/**
 * Everything of an image's archive but its layers: an OCI layout, and beside it the list by which `docker load` finds the
 * same blobs.
 */
export function layoutDocuments({ config, layers, tag }: ArchivedImage): readonly Document[] {
  const configDigest = sha256(config);
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: { mediaType: `${OCI}.config.v1+json`, digest: configDigest, size: config.length },
    layers: layers.map(({ mediaType, digest, sizeBytes }) => ({ mediaType, digest, size: sizeBytes })),
  });
  const manifestDigest = sha256(manifest);
  const names =
    tag === undefined
      ? {}
      : { "io.containerd.image.name": tag, "org.opencontainers.image.ref.name": tag.slice(tag.lastIndexOf(":") + 1) };
  const descriptor = { mediaType: `${OCI}.manifest.v1+json`, digest: manifestDigest, size: manifest.length };
  const named = tag === undefined ? descriptor : { ...descriptor, annotations: names };
  const loaded = {
    Config: blobPath(configDigest),
    RepoTags: tag === undefined ? null : [tag],
    Layers: layers.map(({ digest }) => blobPath(digest)),
  };
  return [
    { name: blobPath(configDigest), bytes: config },
    { name: blobPath(manifestDigest), bytes: manifest },
    { name: "oci-layout", bytes: json({ imageLayoutVersion: "1.0.0" }) },
    {
      name: "index.json",
      bytes: json({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests: [named] }),
    },
    { name: "manifest.json", bytes: json([loaded]) },
  ];
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
