import { MoorageError } from "../../base/errors.ts";
import { parseImageReference } from "../../base/image-reference.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { imagesOf } from "./images.ts";

/**
 * The image of this reference, where Moorage has made it for who calls. NOT_FOUND otherwise, also where the name has come
 * to mean another image since.
 */
export async function requireOwnImage({ context, signal }: Call, reference: string): Promise<ImageInfo> {
  const { whole } = parseImageReference(reference);
  const [row, image] = await Promise.all([context.store.images.find(whole), imagesOf(context).find(whole, signal)]);
  const isMade = row !== undefined && row.engine === context.engine.name;
  if (image !== undefined && isMade && [image.id, image.digest].includes(row.digest)) return image;
  throw new MoorageError("NOT_FOUND", `You have no image ${whole}.`, {
    hint: "Only what Moorage has made for you can be pushed, as long as its name has not been given to another image.",
  });
}
