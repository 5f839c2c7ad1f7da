import { z } from "zod";
import { answerOf } from "../../api/api-errors.ts";
import type { EngineApi } from "../../api/engine-api.ts";

const REMOVE_MS = 60_000;

const CachedReply = z.object({
  Size: z.number(),
  Parent: z.string().nullish(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
});

type Freed = { readonly gone: readonly string[]; readonly removed: number; readonly freedBytes: number };

/**
 * Removes nameless images that no container and no other image stands on. Each that goes may free the one below it, so
 * it looks again until nothing changes.
 */
export async function removeCache(api: EngineApi, imageIds: readonly string[], signal?: AbortSignal): Promise<Freed> {
  const gone: string[] = [];
  let removed = 0;
  let freedBytes = 0;
  let waiting = imageIds.toReversed();
  for (let before = Infinity; waiting.length > 0 && waiting.length < before;) {
    before = waiting.length;
    const kept: string[] = [];
    for (const id of waiting) {
      const freed = await removeNameless(api, id, signal);
      if (freed === "needed") {
        kept.push(id);
        continue;
      }
      gone.push(id);
      if (freed === "absent") continue;
      removed += 1;
      freedBytes += freed;
    }
    waiting = kept;
  }
  return { gone, removed, freedBytes };
}

/** Bytes that it took by itself, where it is removed now. */
async function removeNameless(
  api: EngineApi,
  id: string,
  signal: AbortSignal | undefined,
): Promise<number | "needed" | "absent"> {
  const image = await api.find({ method: "GET", path: `/images/${id}/json`, signal }, CachedReply);
  if (image === undefined) return "absent";
  if ([...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].length > 0) return "needed";
  const { Parent: parent } = image;
  const below = parent
    ? await api.find({ method: "GET", path: `/images/${parent}/json`, signal }, CachedReply)
    : undefined;
  try {
    const query = { noprune: "1" };
    await api.send({ method: "DELETE", path: `/images/${id}`, query, timeoutMs: REMOVE_MS, signal });
  } catch (error) {
    const status = answerOf(error)?.status;
    if (status === 409) return "needed";
    if (status === 404) return "absent";
    throw error;
  }
  return Math.max(0, image.Size - (below?.Size ?? 0));
}
