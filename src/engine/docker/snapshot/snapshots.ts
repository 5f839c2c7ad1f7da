import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { EngineSnapshots, Freezer, SnapshotInfo, SnapshotWish } from "../../engine.ts";
import { DEPLOYMENT_LABEL, type UnitLabels } from "../../unit-labels.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { ContainerReply, CommittedReply, NamelessReply, WholeImageReply } from "../api/replies.ts";
import type { Unit, Units } from "../unit/units.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { requireSharedLayers } from "./shared-layers.ts";
import { emptyWorkspaceLayer, readWorkspaceLayer, tooLarge, type WorkspaceLayer } from "./workspace-layer.ts";

/** Writing the layer of a large root filesystem. */
const COMMIT_MS = 600_000;
const REMOVE_MS = 60_000;
/** A commit has no name for a moment, until it is given its own. */
const NAMELESS_S = 5;
const REPOSITORY = "moorage-snapshot";
/** Storage drivers mount no more layers over one another. */
const MAX_LAYERS = 125;
/** What a snapshot adds: its root filesystem, its workspace, and the container that is made of it. */
const OWN_LAYERS = 3;

export type SnapshotsContext = {
  readonly api: EngineApi;
  readonly labels: UnitLabels;
  readonly units: Units;
  readonly freezer: Freezer;
  readonly logger: Logger;
};

export function createSnapshots(context: SnapshotsContext): EngineSnapshots {
  return {
    take: (wish, signal) => take(context, wish, signal),
    find: async (id, signal) => {
      const image = await ownImage(context, id, signal);
      return image === undefined ? undefined : { reference: referenceOf(id), digest: image.Id };
    },
    remove: (id, signal) => remove(context, id, signal),
    clear: (signal) => clear(context, signal),
  };
}

function referenceOf(id: string): string {
  return `${REPOSITORY}:${id}`;
}

/** A commit of the container as it is, environment and all: only what a snapshot is made of, and gone afterwards. */
function draftOf(id: string): string {
  return `${REPOSITORY}:${id}-draft`;
}

async function take(context: SnapshotsContext, wish: SnapshotWish, signal?: AbortSignal): Promise<SnapshotInfo> {
  const { api, labels, units } = context;
  const unit = await units.find(wish.sandbox, signal);
  if (unit?.identity.kind !== "sandbox") {
    throw new MoorageError("NOT_FOUND", `There is no sandbox ${wish.sandbox} on this engine.`);
  }
  await requireSharedLayers(api, signal);
  const reference = referenceOf(wish.id);
  if ((await findImage(api, reference, signal)) !== undefined) {
    throw new MoorageError("CONFLICT", `The engine has an image ${reference} already.`);
  }
  try {
    const like = await imageOf(api, unit.container.Image, signal);
    refuseTooDeep(like);
    const { layers, workspace } = await heldStill(context, unit, () => read(context, { unit, wish, signal }));
    await using _ = workspace;
    const signed = labels.signKept("snapshot", wish.id);
    const made = await loadSnapshot(api, { reference, like, labels: signed, layers, workspace }, signal);
    await removeImage(api, draftOf(wish.id));
    return { reference, digest: made.Id, sizeBytes: made.Size - like.Size };
  } catch (error) {
    await remove(context, wish.id).catch((failure: unknown) => {
      context.logger.warn({ err: failure, snapshot: wish.id }, "what is left of a snapshot could not be removed");
    });
    throw error;
  }
}

function refuseTooDeep({ RootFS: { Layers } }: WholeImageReply): void {
  const depth = Layers?.length ?? 0;
  if (depth + OWN_LAYERS <= MAX_LAYERS) return;
  const message = `The sandbox stands on ${depth} layers; with a snapshot it would be more than ${MAX_LAYERS}.`;
  throw new MoorageError("LIMIT_EXCEEDED", message, {
    hint: "Create a new sandbox from an image and copy the files there: each snapshot of a snapshot adds two layers.",
  });
}

type Reading = { readonly unit: Unit; readonly wish: SnapshotWish; readonly signal: AbortSignal | undefined };
type Contents = { readonly layers: readonly string[]; readonly workspace: WorkspaceLayer };

async function heldStill({ freezer }: SnapshotsContext, unit: Unit, work: () => Promise<Contents>): Promise<Contents> {
  if (unit.container.State.Status !== "running") return work();
  const { id } = unit.identity;
  await freezer.pause(id);
  // Nobody gets what was read where the sandbox cannot go on.
  await using unread = new AsyncDisposableStack();
  let contents: Contents;
  try {
    contents = await work();
    unread.use(contents.workspace);
  } finally {
    await freezer.unpause(id);
  }
  unread.move();
  return contents;
}

/** The root filesystem as layers, and the workspace. */
async function read({ api }: SnapshotsContext, { unit, wish, signal }: Reading): Promise<Contents> {
  const containerId = unit.container.Id;
  const query = { size: "1" };
  const sized = await api.json(
    { method: "GET", path: `/containers/${containerId}/json`, query, signal, timeoutMs: COMMIT_MS },
    ContainerReply,
  );
  const rootBytes = sized.SizeRw ?? 0;
  if (rootBytes > wish.maxBytes) throw tooLarge(wish.maxBytes);
  throwIfCanceled(signal);
  const [repo, tag] = draftOf(wish.id).split(":");
  // Not cut off by the signal: the engine would go on, unseen.
  const committed = await api.json(
    {
      method: "POST",
      path: "/commit",
      query: { container: containerId, repo, tag, pause: "0" },
      json: {},
      timeoutMs: COMMIT_MS,
    },
    CommittedReply,
  );
  throwIfCanceled(signal);
  const draft = await imageOf(api, committed.Id, signal);
  const maxBytes = wish.maxBytes - rootBytes;
  const workspace =
    wish.workspace === false
      ? await emptyWorkspaceLayer()
      : await readWorkspaceLayer(api, { containerId, maxBytes, signal });
  return { layers: draft.RootFS.Layers ?? [], workspace };
}

async function remove(context: SnapshotsContext, id: string, signal?: AbortSignal): Promise<void> {
  const { api, labels } = context;
  const draft = await findImage(api, draftOf(id), signal);
  if (draft !== undefined && labels.verify(draft.Config.Labels) !== undefined) await removeImage(api, draftOf(id));
  if ((await ownImage(context, id, signal)) !== undefined) await removeImage(api, referenceOf(id));
}

/** An engine goes on with a commit whose Moorage was killed, and what becomes of it may have no name to find it by. */
async function clear({ api, labels }: SnapshotsContext, signal?: AbortSignal): Promise<void> {
  const filters = JSON.stringify({ dangling: ["true"], label: [`${DEPLOYMENT_LABEL}=${labels.deployment}`] });
  const images = await api.json({ method: "GET", path: "/images/json", query: { filters }, signal }, NamelessReply);
  const latest = Date.now() / 1000 - NAMELESS_S;
  for (const { Id, Created, Labels } of images) {
    // Labels of a unit's own: a commit has them, a snapshot has others.
    if (Created < latest && labels.verify(Labels ?? {}) !== undefined) await removeImage(api, Id);
  }
}

async function ownImage({ api, labels }: SnapshotsContext, id: string, signal?: AbortSignal) {
  const image = await findImage(api, referenceOf(id), signal);
  return image !== undefined && labels.isKept("snapshot", id, image.Config.Labels) ? image : undefined;
}

function findImage(api: EngineApi, reference: string, signal?: AbortSignal): Promise<WholeImageReply | undefined> {
  return api.find({ method: "GET", path: `/images/${reference}/json`, signal }, WholeImageReply);
}

function imageOf(api: EngineApi, id: string, signal?: AbortSignal): Promise<WholeImageReply> {
  return api.json({ method: "GET", path: `/images/${id}/json`, signal }, WholeImageReply);
}

async function removeImage(api: EngineApi, reference: string): Promise<void> {
  try {
    await api.send({ method: "DELETE", path: `/images/${reference}`, timeoutMs: REMOVE_MS });
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
  }
}
