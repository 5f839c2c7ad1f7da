import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { sha256 } from "../../../base/sha256.ts";
import type { WholeImageReply } from "../api/replies.ts";
import { bytesOf, writeHeader } from "../file/tar-header.ts";
import type { WorkspaceLayer } from "./workspace-layer.ts";

/** An image to be: what another one is, with other layers. */
export type PlannedImage = {
  readonly reference: string;
  /** Whose settings it has. */
  readonly like: WholeImageReply;
  readonly labels: Readonly<Record<string, string>>;
  /** Layers that the engine has, lowest first. */
  readonly layers: readonly string[];
  readonly workspace: WorkspaceLayer;
};

/**
 * The image as `docker load` takes it. The layers that the engine has are empty in it: those it knows by their digests,
 * and shares.
 */
export async function* imageArchive(planned: PlannedImage): AsyncGenerator<Uint8Array, void, undefined> {
  const archive = pack();
  const writing = write(archive, planned).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    yield* bytesOf(archive);
  } finally {
    archive.destroy();
    await writing;
  }
}

async function write(archive: Pack, planned: PlannedImage): Promise<void> {
  const { reference, layers, workspace } = planned;
  // Podman asks that each is there; neither reads what it has.
  for (const digest of new Set(layers)) archive.entry({ name: layerName(digest) }, "");
  const config = JSON.stringify(configOf(planned));
  const configName = `${plain(sha256(config))}.json`;
  const workspaceName = layerName(workspace.digest);
  const header = { name: workspaceName, type: "file", mode: 0o600, size: workspace.sizeBytes } as const;
  await pipeline(Readable.from(workspace.read(), { objectMode: false }), writeHeader(archive, header));
  archive.entry({ name: configName }, config);
  const Layers = [...layers.map(layerName), workspaceName];
  archive.entry({ name: "manifest.json" }, JSON.stringify([{ Config: configName, RepoTags: [reference], Layers }]));
  archive.finalize();
}

function configOf({ like, labels, layers, workspace }: PlannedImage): object {
  return {
    architecture: like.Architecture,
    os: like.Os,
    ...(like.Variant === undefined ? {} : { variant: like.Variant }),
    created: new Date().toISOString(),
    config: { ...like.Config, Labels: { ...like.Config.Labels, ...labels } },
    rootfs: { type: "layers", diff_ids: [...layers, workspace.digest] },
    history: [],
  };
}

function layerName(digest: string): string {
  return `${plain(digest)}.tar`;
}

function plain(digest: string): string {
  return digest.slice("sha256:".length);
}
