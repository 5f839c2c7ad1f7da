import { isMoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";
import type { Attempts } from "../recovery/attempts.ts";

/** How long an image of dependencies is kept for the next sandbox that wants the same. */
export const UNUSED_MS = 7 * 24 * 3_600_000;

/** Removes the images of dependencies of which no sandbox is made and none was for a week; answers their references. */
export async function pruneDependencies(
  { engine, store, clock, logger }: DomainContext,
  attempts: Attempts,
): Promise<readonly string[]> {
  const used = new Set((await store.sandboxes.all()).map((row) => row.unitImage));
  const oldest = clock.now() - UNUSED_MS;
  const removed: string[] = [];
  for (const { reference, usedAt, ...image } of await store.images.all()) {
    if (
      image.kind !== "dependencies" ||
      image.engine !== engine.name ||
      used.has(reference) ||
      Date.parse(usedAt) > oldest
    )
      continue;
    await attempts.at({ kind: "image", id: reference }, async () => {
      if (!(await isRemoved(reference))) return;
      await store.images.remove(reference);
      removed.push(reference);
    });
  }
  return removed;

  async function isRemoved(reference: string): Promise<boolean> {
    try {
      await engine.images?.remove(reference);
      return true;
    } catch (error) {
      // A sandbox that is being made from it at this moment: it is in use, and not ours to take.
      if (!isMoorageError(error) || error.code !== "CONFLICT") throw error;
      logger.info({ image: reference }, "an image of dependencies is in use and stays");
      return false;
    }
  }
}
