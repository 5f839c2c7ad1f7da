import type { Pack } from "tar-stream";
import { sha256 } from "../../../base/sha256.ts";
import type { WholeImageReply } from "../api/replies.ts";
import { fillEntry, packTar } from "../../../base/tar-streams.ts";
import { writeHeader } from "../file/tar-header.ts";
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
export function imageArchive(planned: PlannedImage): AsyncGenerator<Uint8Array, void, undefined> {
  return packTar((archive) => write(archive, planned));
}

async function write(archive: Pack, planned: PlannedImage): Promise<void> {
  const { reference, layers, workspace } = planned;
  // Podman asks that each is there; neither reads what it has.
  for (const digest of new Set(layers)) archive.entry({ name: layerName(digest) }, "");
  const config = JSON.stringify(configOf(planned));
  const configName = `${plain(sha256(config))}.json`;
  const workspaceName = layerName(workspace.digest);
  const header = { name: workspaceName, type: "file", mode: 0o600, size: workspace.sizeBytes } as const;
  await fillEntry(writeHeader(archive, header), workspace.read());
  archive.entry({ name: configName }, config);
  const Layers = [...layers.map(layerName), workspaceName];
  archive.entry({ name: "manifest.json" }, JSON.stringify([{ Config: configName, RepoTags: [reference], Layers }]));
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
