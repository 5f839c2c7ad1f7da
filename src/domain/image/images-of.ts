import { MoorageError } from "../../base/errors.ts";
import type { ImageStore } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";

/** The images of the engine; ENGINE_UNSUPPORTED where it has none. */
export function imagesOf({ engine }: Pick<DomainContext, "engine">): ImageStore {
  if (engine.images !== undefined) return engine.images;
  throw new MoorageError("ENGINE_UNSUPPORTED", `The ${engine.name} engine has no images.`, {
    hint: "Use --engine docker.",
  });
}
