import { isMoorageError, type MoorageError } from "../../base/errors.ts";
import type { ImageRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { imagesOf } from "./images-of.ts";

/**
 * What was made is its owner's from now on; answers what of theirs had the name until now. CONFLICT where somebody else
 * has taken the name meanwhile: what was made goes, and theirs has its name again where the engine has it still.
 */
export async function noteOwn(context: DomainContext, row: ImageRow): Promise<ImageRow | undefined> {
  try {
    return await context.store.images.put(row);
  } catch (error) {
    if (isConflict(error)) await giveBack(context, row);
    throw error;
  }
}

export function isConflict(error: unknown): error is MoorageError {
  return isMoorageError(error) && error.code === "CONFLICT";
}

async function giveBack(context: DomainContext, { reference, digest }: ImageRow): Promise<void> {
  const images = imagesOf(context);
  const theirs = await context.store.images.find(reference);
  if (theirs?.digest === digest || (await images.find(reference))?.digest !== digest) return;
  await images.remove(reference);
  if (theirs === undefined) return;
  try {
    await images.tag(theirs.digest, reference);
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "IMAGE_NOT_FOUND") throw error;
    context.logger.warn({ image: reference, owner: theirs.owner }, "an image has lost its name to a build at its time");
  }
}
