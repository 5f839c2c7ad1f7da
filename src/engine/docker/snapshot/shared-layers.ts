import { MoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { InfoReply } from "../api/replies.ts";

/** What Docker says of its storage where containerd keeps its images. */
const CONTAINERD_STORE = /^io\.containerd\.snapshotter\./;

/** ENGINE_UNSUPPORTED where an image cannot be loaded without layers that are there: those would be empty in it. */
export async function requireSharedLayers(api: EngineApi, signal?: AbortSignal): Promise<void> {
  const { DriverStatus } = await api.json({ method: "GET", path: "/info", signal }, InfoReply);
  if (!(DriverStatus ?? []).flat().some((text) => CONTAINERD_STORE.test(text))) return;
  const message = "This Docker keeps its images in containerd's store, of which no snapshots can be made.";
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: 'Have Docker use its own store: "features": { "containerd-snapshotter": false } in its daemon.json.',
  });
}
