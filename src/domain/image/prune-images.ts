import type { ImagePruned } from "../../contracts/types.ts";
import type { BuildRow, ImageRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { isMoorageError } from "../../base/errors.ts";
import type { Attempts } from "../recovery/attempts.ts";
import { imagesOf } from "./images-of.ts";

/** Removes what the caller's builds left as cache, and, where asked for, images of theirs that are not in use. */
export async function pruneImages(call: Call, unusedMs: number | undefined): Promise<ImagePruned> {
  const { context, principal } = call;
  const mine = ({ owner }: { readonly owner: string | null }): boolean => owner === principal.owner;
  const images = unusedMs === undefined ? [] : await removeUnused(context, { mine, unusedMs });
  const builds = (await context.store.builds.withCache(context.engine.name)).filter(mine);
  const cache = await removeBuildCache(context, builds);
  const freedBytes = images.length === 0 ? cache.freedBytes : null;
  return { images: images.map(({ reference }) => reference), cacheImages: cache.count, freedBytes };
}

type Chosen = { readonly mine: (row: ImageRow) => boolean; readonly unusedMs: number };

async function removeUnused(context: DomainContext, { mine, unusedMs }: Chosen): Promise<readonly ImageRow[]> {
  const { store, engine, clock } = context;
  const oldest = clock.now() - unusedMs;
  const needed = await neededImages(context);
  const removed: ImageRow[] = [];
  for (const row of await store.images.all()) {
    if (row.engine !== engine.name || !mine(row) || Date.parse(row.usedAt) > oldest) continue;
    if (!needed.has(row.reference) && (await removeIdle(context, row))) removed.push(row);
  }
  return removed;
}

/** What sandboxes are made of, also those that have no container now and get one again. */
async function neededImages({ store }: DomainContext): Promise<ReadonlySet<string | null>> {
  return new Set((await store.sandboxes.all()).flatMap(({ image, unitImage }) => [image, unitImage]));
}

/** How long what a build has left is kept for the next one that is like it. */
const CACHE_MS = 7 * 24 * 3_600_000;

/**
 * What is removed without being asked for: the cache of older builds, and, where the images that were built and imported
 * take more than `images.quotaBytes` together, those that nothing was made of for the longest. Answers their references.
 */
export async function collectImages(context: DomainContext, attempts: Attempts): Promise<readonly string[]> {
  const { engine, store, clock } = context;
  if (engine.images === undefined) return [];
  const oldest = clock.now() - CACHE_MS;
  const builds = (await store.builds.withCache(engine.name)).filter((row) => Date.parse(row.createdAt) < oldest);
  for (const build of builds) {
    await attempts.at({ kind: "cache", id: build.id }, () => removeBuildCache(context, [build]));
  }
  const removed: string[] = [];
  const { over, idle } = await overQuota(context);
  let left = over;
  for (const row of idle) {
    if (left <= 0) break;
    const gone = await attempts.at({ kind: "image", id: row.reference }, () => removeIdle(context, row));
    if (gone !== true) continue;
    left -= row.sizeBytes;
    removed.push(row.reference);
  }
  return removed;
}

type OverQuota = { readonly over: number; readonly idle: readonly ImageRow[] };

/** How many bytes have to go, and the images that may; each counts with the layers that it shares with others. */
async function overQuota(context: DomainContext): Promise<OverQuota> {
  const { engine, store, policy } = context;
  const rows = (await store.images.all()).filter((row) => row.engine === engine.name && row.kind !== "dependencies");
  const over = rows.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - policy.images.quotaBytes;
  if (over <= 0) return { over, idle: [] };
  const needed = await neededImages(context);
  return { over, idle: rows.filter(({ reference }) => !needed.has(reference)) };
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
    count += freed.removed;
    freedBytes += freed.freedBytes;
  }
  return { count, freedBytes };
}
