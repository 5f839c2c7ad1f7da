import type { ImagePruned } from "../../contracts/types.ts";
import type { BuildRow, ImageRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { isMoorageError } from "../../base/errors.ts";
import { imagesOf } from "./images-of.ts";

/** Removes what the caller's builds left as cache, and, where asked for, images of theirs that are not in use. */
export async function pruneImages(call: Call, unusedMs: number | undefined): Promise<ImagePruned> {
  const { context, principal } = call;
  const mine = ({ owner }: { readonly owner: string | null }): boolean => owner === principal.owner;
  const images = unusedMs === undefined ? [] : await removeUnused(context, { mine, unusedMs });
  const builds = (await context.store.builds.withCache(context.engine.name)).filter(mine);
  const cache = await removeBuildCache(context, builds);
  const freedBytes = cache.freedBytes + images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { images: images.map(({ reference }) => reference), cacheImages: cache.count, freedBytes };
}

type Chosen = { readonly mine: (row: ImageRow) => boolean; readonly unusedMs: number };

async function removeUnused(context: DomainContext, { mine, unusedMs }: Chosen): Promise<readonly ImageRow[]> {
  const { store, engine, clock } = context;
  const oldest = clock.now() - unusedMs;
  const removed: ImageRow[] = [];
  for (const row of await store.images.all()) {
    if (row.engine !== engine.name || !mine(row) || Date.parse(row.usedAt) > oldest) continue;
    if (await removeIdle(context, row)) removed.push(row);
  }
  return removed;
}

/** False: something is made of it, or another is under its name by now. */
async function removeIdle(context: DomainContext, { reference, digest }: ImageRow): Promise<boolean> {
  const images = imagesOf(context);
  if ((await images.find(reference))?.digest === digest) {
    try {
      await images.remove(reference);
    } catch (error) {
      if (isMoorageError(error) && error.code === "CONFLICT") return false;
      throw error;
    }
  }
  await context.store.images.remove(reference);
  return true;
}

/** Only what builds of ours have left, known by the ids that were recorded. */
async function removeBuildCache(
  context: DomainContext,
  builds: readonly BuildRow[],
): Promise<{ readonly count: number; readonly freedBytes: number }> {
  let count = 0;
  let freedBytes = 0;
  // The newest first: what they have left may stand on what older ones have.
  for (const { id, cache } of builds.toReversed()) {
    const freed = await imagesOf(context).removeCache(cache);
    const gone = new Set(freed.gone);
    await context.store.builds.setCache(
      id,
      cache.filter((image) => !gone.has(image)),
    );
    count += gone.size;
    freedBytes += freed.freedBytes;
  }
  return { count, freedBytes };
}
