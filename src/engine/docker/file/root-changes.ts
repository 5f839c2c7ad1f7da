import type { RootChange } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { ChangesReply } from "../api/replies.ts";
import { isInside } from "./unit-place.ts";

const KINDS = ["changed", "created", "removed"] as const;

/** What the container's own layer has that its image has not; mounts are no part of it. */
export async function readRootChanges(
  api: EngineApi,
  containerId: string,
  signal: AbortSignal | undefined,
): Promise<readonly RootChange[]> {
  const changes = await api.json({ method: "GET", path: `/containers/${containerId}/changes`, signal }, ChangesReply);
  return changes.flatMap(({ Path: path, Kind }) => {
    const change = KINDS[Kind];
    return change === undefined || isInside(path) ? [] : [{ path, change }];
  });
}
