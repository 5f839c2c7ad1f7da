import { z } from "zod";
import { isOfUnit } from "../../../engine/unit-labels.ts";
import { invalid, type Content, type Contents } from "./contents.ts";

export type FoundImage = {
  /** As its bytes are. */
  readonly config: Uint8Array;
  /** Lowest first. */
  readonly layers: readonly Content[];
};

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "expected sha256: and 64 hexadecimal digits");
const Descriptor = z.object({
  mediaType: z.string().default(""),
  digest: Digest,
  size: z.int().min(0),
  platform: z.object({ os: z.string() }).optional(),
});
const Index = z.object({ manifests: z.array(Descriptor) });
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });
const DockerManifest = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) }));
const Config = z.object({
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
  rootfs: z.object({ type: z.literal("layers"), diff_ids: z.array(Digest) }),
});
type Descriptor = z.infer<typeof Descriptor>;

const INDEX = /\.(?:image\.index|manifest\.list)\.v\d/;
const MAX_DEPTH = 3;

/** The one image of an archive, all of whose digests are right; IMAGE_ARCHIVE_INVALID says what is not. */
export function findImage(contents: Contents, { ofSandbox = false } = {}): FoundImage {
  const image = contents.find("oci-layout") === undefined ? ofDocker(contents) : ofOci(contents);
  const config = documentOf(image.config, "its configuration", Config);
  requireLayers(image.layers, config.rootfs.diff_ids);
  if (!ofSandbox && isOfUnit(config.config?.Labels ?? {})) {
    throw invalid("it was made of a sandbox as a snapshot; export that sandbox with `moorage image export --sandbox`");
  }
  return { config: image.config.document ?? new Uint8Array(), layers: image.layers };
}

type Parts = { readonly config: Content; readonly layers: readonly Content[] };

function ofOci(contents: Contents): Parts {
  let { manifests } = documentOf(contents.require("index.json"), "index.json", Index);
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const only = onlyImage(manifests);
    const content = blob(contents, only);
    if (!INDEX.test(only.mediaType)) {
      const { config, layers } = documentOf(content, `the manifest ${only.digest}`, Manifest);
      return { config: blob(contents, config), layers: layers.map((layer) => blob(contents, layer)) };
    }
    ({ manifests } = documentOf(content, `the index ${only.digest}`, Index));
  }
  throw invalid(`its indexes lie in one another more than ${MAX_DEPTH} deep`);
}

/** What says how an image was built lies beside it, for no platform. */
function onlyImage(manifests: readonly Descriptor[]): Descriptor {
  const images = manifests.filter(({ platform }) => platform?.os !== "unknown");
  const [only] = images;
  if (only !== undefined && images.length === 1) return only;
  throw invalid(`expected one image for one platform, got ${images.length}`);
}

function blob(contents: Contents, { digest, size }: Descriptor): Content {
  const content = contents.require(`blobs/${digest.replace(":", "/")}`);
  if (content.digest !== digest) throw invalid(`its blob ${digest} has the content of ${content.digest}`);
  if (content.sizeBytes === size) return content;
  throw invalid(`its blob ${digest} has ${content.sizeBytes} bytes, and ${size} are told`);
}

function ofDocker(contents: Contents): Parts {
  const manifest = contents.find("manifest.json");
  if (manifest === undefined) throw invalid("it has neither an OCI layout nor a manifest.json");
  const images = documentOf(manifest, "manifest.json", DockerManifest);
  const [only] = images;
  if (only === undefined || images.length > 1) throw invalid(`expected one image, got ${images.length}`);
  const config = contents.require(only.Config);
  const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(only.Config)?.[1];
  if (named !== undefined && config.digest !== `sha256:${named}`) {
    throw invalid(`its configuration ${named} has the content of ${config.digest}`);
  }
  return { config, layers: only.Layers.map((name) => contents.require(name)) };
}

function requireLayers(layers: readonly Content[], told: readonly string[]): void {
  if (layers.length !== told.length) {
    throw invalid(`its configuration tells of ${told.length} layers, and it has ${layers.length}`);
  }
  for (const [at, { digest, unpackedDigest }] of layers.entries()) {
    if (unpackedDigest === told[at]) continue;
    const found = unpackedDigest === undefined ? "cannot be unpacked" : `unpacks to ${unpackedDigest}`;
    throw invalid(`its layer ${digest} ${found}, and its configuration tells of ${told[at] ?? "none"}`);
  }
}

function documentOf<T>({ document }: Content, what: string, schema: z.ZodType<T>): T {
  if (document === undefined) throw invalid(`${what} is no JSON of at most 4 MiB`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(document).toString("utf8"));
  } catch (error) {
    throw invalid(`${what} is no JSON`, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${what} is not what it should be (${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"})`);
}
