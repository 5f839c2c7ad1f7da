import { MoorageError } from "../../../base/errors.ts";
import type { ImageInfo, ImageStore } from "../../engine.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { isOfUnit } from "../../unit-labels.ts";
import { ImageReply } from "../api/replies.ts";
import { buildImage } from "./build-image.ts";
import { parseImageReference, type ImageReference } from "./image-reference.ts";
import type { ImagesContext } from "./images-context.ts";
import { pullImage } from "./pull-image.ts";

const REMOVE_MS = 60_000;

export function createImageStore(context: ImagesContext): ImageStore {
  const { api } = context;
  return {
    find: async (text, signal) => {
      const image = await findImage(api, parseImageReference(text), signal);
      return image === "snapshot" ? undefined : image;
    },
    ensure: async (text, options) => {
      const reference = parseImageReference(text);
      const local = await findImage(api, reference, options.signal);
      if (local === "snapshot") throw noImage(reference);
      if (local !== undefined) return local;
      await pullImage(api, reference, options);
      return afterwards(await findImage(api, reference, options.signal), reference);
    },
    build: async (spec, options) => {
      const reference = parseImageReference(spec.tag);
      await buildImage(context, { ...spec, tag: reference.whole }, options);
      return afterwards(await findImage(api, reference, options.signal), reference);
    },
    remove: async (text, signal) => {
      const { whole } = parseImageReference(text);
      try {
        await api.send({ method: "DELETE", path: `/images/${whole}`, timeoutMs: REMOVE_MS, signal });
      } catch (error) {
        if (answerOf(error)?.status !== 404) throw error;
      }
    },
  };
}

async function findImage(
  api: EngineApi,
  reference: ImageReference,
  signal?: AbortSignal,
): Promise<ImageInfo | "snapshot" | undefined> {
  const image = await api.find({ method: "GET", path: `/images/${reference.whole}/json`, signal }, ImageReply);
  if (image === undefined) return undefined;
  if (isOfUnit(image.Config?.Labels ?? {})) return "snapshot";
  return {
    reference: reference.whole,
    digest: digestOf(image, reference),
    sizeBytes: image.Size,
    user: image.Config?.User ?? "",
  };
}

// A registry's digest names the same content on every host; an image made here has only its id.
function digestOf(image: ImageReply, { repository }: ImageReference): string {
  const digests = (image.RepoDigests ?? []).map((text) => text.split("@"));
  const own = digests.find(([name]) => name === repository || name?.endsWith(`/${repository}`) === true);
  return own?.[1] ?? image.Id;
}

function noImage({ whole }: ImageReference): MoorageError {
  return new MoorageError("IMAGE_NOT_FOUND", `"${whole}" is no image to be named: it was made of a sandbox.`, {
    hint: "Make a sandbox of one of your own snapshots with `moorage sandbox create --snapshot`.",
  });
}

function afterwards(image: ImageInfo | "snapshot" | undefined, reference: ImageReference): ImageInfo {
  const { whole } = reference;
  if (image === "snapshot") throw noImage(reference);
  if (image !== undefined) return image;
  throw new MoorageError("ENGINE_FAILED", `The engine says that it has ${whole} now, and then does not find it.`);
}
