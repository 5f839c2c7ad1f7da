import { MoorageError } from "../../base/errors.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { refuseOthersImage, useImage } from "../image/own-images.ts";
import { pullLogin } from "../image/registry-login.ts";

type Options = { readonly signal?: AbortSignal | undefined; readonly onProgress?: (message: string) => void };

/** The image to create from: the one asked for, else the default; undefined on an engine that has none. */
export async function resolveImage(
  { context, principal }: Pick<Call, "context" | "principal">,
  wanted: { readonly asked: string | undefined; readonly byDefault: string },
  { signal, onProgress }: Options = {},
): Promise<ImageInfo | undefined> {
  const { engine } = context;
  if (engine.images === undefined) {
    if (wanted.asked === undefined) return undefined;
    const message = `The ${engine.name} engine has no images, so "${wanted.asked}" cannot be used with it.`;
    throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: "Leave out --image, or use --engine docker." });
  }
  const reference = wanted.asked ?? wanted.byDefault;
  await useImage({ context, principal }, reference);
  const image = await engine.images.ensure(reference, {
    auth: pullLogin(context, reference),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  // A push of somebody else's may have lent this name while it was looked for.
  await refuseOthersImage({ context, principal }, reference);
  return image;
}
