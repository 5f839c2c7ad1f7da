import { MoorageError } from "../../base/errors.ts";
import type { ImageStore } from "../engine.ts";
import { imageInfo, notFound, type MemoryImage } from "./memory-image.ts";
import type { MemoryRegistry } from "./memory-registry.ts";

/** May refuse a call. */
export type EnterMemoryImages = (method: keyof ImageStore, signal: AbortSignal | undefined) => Promise<void>;

const PLATFORM = "linux/amd64";

/** What goes between the images of a host and the registries of the world. */
export function createMemoryTransfers(
  images: Map<string, MemoryImage>,
  registry: MemoryRegistry,
  enter: EnterMemoryImages,
): Pick<ImageStore, "ensure" | "pull" | "push" | "tag" | "confirm"> {
  return {
    ensure: async (reference, { auth, signal, onProgress }) => {
      await enter("ensure", signal);
      const local = images.get(reference);
      if (local?.snapshot !== undefined) throw notFound(reference);
      if (local !== undefined) return imageInfo(local);
      const found = registry.find(reference, await auth?.(signal));
      onProgress?.(`Pulling ${reference}`);
      images.set(reference, found);
      return imageInfo(found);
    },
    pull: async (reference, { auth, signal, platform, onProgress }) => {
      await enter("pull", signal);
      const before = images.get(reference);
      if (before?.snapshot !== undefined) throw notFound(reference);
      const found = registry.find(reference, auth);
      if (platform !== undefined && platform !== PLATFORM) throw notFound(`${reference} for ${platform}`);
      const layer = { layer: found.id.slice(7, 19), totalBytes: found.sizeBytes };
      onProgress?.({ ...layer, status: "downloading", currentBytes: 0 });
      onProgress?.({ ...layer, status: "done", currentBytes: found.sizeBytes });
      images.set(reference, found);
      return { ...imageInfo(found), pulled: before?.id !== found.id };
    },
    push: async (reference, { auth, signal, onProgress }) => {
      await enter("push", signal);
      const image = named(images, reference);
      const layer = { layer: image.id.slice(7, 19), currentBytes: null, totalBytes: image.sizeBytes };
      const had = registry.take(reference, image, auth);
      onProgress?.({ ...layer, status: had ? "there" : "done" });
      const layers = had ? { layersPushed: 0, layersReused: 1 } : { layersPushed: 1, layersReused: 0 };
      return { digest: image.digest, sizeBytes: image.sizeBytes, ...layers };
    },
    tag: async (reference, name, signal) => {
      await enter("tag", signal);
      const image = named(images, reference);
      const holder = images.get(name);
      if (holder?.id === image.id) return false;
      if (holder !== undefined) throw new MoorageError("CONFLICT", `Another image has the name ${name}.`);
      images.set(name, { ...image, reference: name });
      return true;
    },
    confirm: async (reference, { auth, signal }) => {
      await enter("confirm", signal);
      return registry.find(reference, auth).digest;
    },
  };
}

function named(images: ReadonlyMap<string, MemoryImage>, reference: string): MemoryImage {
  const image = images.get(reference);
  if (image === undefined || image.snapshot !== undefined) throw notFound(reference);
  return image;
}
