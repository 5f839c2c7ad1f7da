import { MoorageError } from "../../../base/errors.ts";
import type { ImageExportArchive } from "../../../contracts/raw.ts";
import type { Call } from "../../context.ts";
import { imagesOf } from "../images-of.ts";
import { refuseOthersImage } from "../own-images.ts";

/** Any image that the caller may use, as an archive. */
export async function* exportArchive(
  call: Call,
  { reference }: ImageExportArchive,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { context, principal, signal } = call;
  const images = imagesOf(context);
  await refuseOthersImage(call, reference);
  const image = await images.find(reference, signal);
  // A push may have lent its name since to somebody's image.
  await refuseOthersImage(call, reference);
  if (image === undefined) {
    throw new MoorageError("IMAGE_NOT_FOUND", `The engine has no image ${reference}.`, {
      hint: "List yours with `moorage image ls`, or pull it with `moorage image pull`.",
    });
  }
  const { digest } = image;
  context.logger.info({ operation: "image.archive", image: reference, owner: principal.owner, digest }, "image read");
  yield* images.save(reference, signal);
}
