import { MoorageError } from "../../base/errors.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { registryLogin } from "../image/registry-login.ts";

type Options = { readonly signal?: AbortSignal | undefined; readonly onProgress?: (message: string) => void };

/** The image to create from: the one asked for, else the default; undefined on an engine that has none. */
export async function resolveImage(
  context: DomainContext,
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
  return engine.images.ensure(reference, {
    auth: registryLogin(context, reference),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}
