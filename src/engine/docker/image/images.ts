import { MoorageError } from "../../../base/errors.ts";
import { parseImageReference, type ImageReference } from "../../../base/image-reference.ts";
import type { ImageStep, ImageStore } from "../../engine.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { HistoryReply } from "../api/replies.ts";
import { buildImage, processObstacle } from "./build/build-image.ts";
import { removeCache } from "./build/remove-cache.ts";
import { findImage, findNamed, told, type FoundImage } from "./find-image.ts";
import type { ImagesContext } from "./images-context.ts";
import { loadImage } from "./load-image.ts";
import { pullTeller } from "./layer-progress.ts";
import { pullImage } from "./pull-image.ts";
import { confirmImage, pushImage } from "./push-image.ts";
import { pullPlatform, putAway } from "./pull-platform.ts";
import { saveImage } from "./save/save-image.ts";

const REMOVE_MS = 60_000;

export function createImageStore(context: ImagesContext): ImageStore {
  const { api } = context;
  return {
    find: async (text, signal) => {
      const image = await findImage(api, parseImageReference(text), signal);
      return image === "snapshot" || image === undefined ? undefined : told(image);
    },
    ensure: async (text, { auth, signal, onProgress }) => {
      const reference = parseImageReference(text);
      const local = await findNamed(api, reference, signal);
      if (local !== undefined) return told(local);
      const shown = await auth?.(signal);
      const tell = pullTeller(reference.whole, onProgress ?? (() => undefined));
      await pullImage(api, reference, { auth: shown, signal, onProgress: tell });
      return told(afterwards(await findNamed(api, reference, signal), reference));
    },
    pull: async (text, options) => {
      const reference = parseImageReference(text);
      const before = await findNamed(api, reference, options.signal);
      // Of a list for several platforms the engine keeps the digest with the first that was pulled.
      const digest = await pullPlatform(api, { reference, before }, options);
      const image = told(afterwards(await findNamed(api, reference, options.signal), reference));
      return { ...image, digest: digest ?? image.digest, pulled: image.id !== before?.id };
    },
    keepName: async (text, signal) => {
      const reference = parseImageReference(text);
      const before = await findNamed(api, reference, signal);
      const restore = async (): Promise<void> => {
        const image = await findNamed(api, reference);
        if (image !== undefined) await putAway(api, { reference, before }, image);
      };
      return { id: before?.id, restore };
    },
    build: async (spec, options) => {
      const reference = parseImageReference(spec.tag);
      const counts = await buildImage(context, { ...spec, tag: reference.whole }, options);
      return { ...told(afterwards(await findNamed(api, reference), reference)), ...counts };
    },
    processObstacle: () => processObstacle(api),
    history: async (text, signal) => historyOf(api, parseImageReference(text), signal),
    save: async function* (text, signal) {
      const reference = parseImageReference(text);
      if ((await findImage(api, reference, signal)) === undefined) throw absent(reference);
      yield* saveImage(api, reference, signal);
    },
    load: async ({ reference: text, tar }, signal) => {
      const reference = parseImageReference(text);
      await loadImage(api, { tar, signal });
      return told(afterwards(await findNamed(api, reference, signal), reference));
    },
    removeCache: (imageIds, signal) => removeCache(api, imageIds, signal),
    push: async (text, options) => pushImage(api, parseImageReference(text), options),
    tag: async (text, name, signal) => tagImage(api, { text, name }, signal),
    confirm: async (text, options) => confirmImage(api, parseImageReference(text), options),
    remove: async (text, signal) => removeImage(api, parseImageReference(text), signal),
  };
}

async function historyOf(
  api: EngineApi,
  reference: ImageReference,
  signal: AbortSignal | undefined,
): Promise<readonly ImageStep[]> {
  const image = await findNamed(api, reference, signal);
  if (image === undefined) throw absent(reference);
  const steps = await api.json({ method: "GET", path: `/images/${image.id}/history`, signal }, HistoryReply);
  return steps.map(({ Created, CreatedBy, Size }) => ({
    createdAt: new Date(Created * 1000).toISOString(),
    instruction: CreatedBy,
    sizeBytes: Size,
  }));
}

function absent({ whole }: ImageReference): MoorageError {
  return new MoorageError("IMAGE_NOT_FOUND", `The engine has no image ${whole}.`, {
    hint: "Pull it with `moorage image pull`, or list yours with `moorage image ls`.",
  });
}

async function removeImage(api: EngineApi, { whole }: ImageReference, signal?: AbortSignal): Promise<void> {
  try {
    await api.send({ method: "DELETE", path: `/images/${whole}`, timeoutMs: REMOVE_MS, signal });
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
  }
}

async function tagImage(
  api: EngineApi,
  { text, name }: { readonly text: string; readonly name: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const target = parseImageReference(name);
  const image = await findNamed(api, parseImageReference(text), signal);
  if (image === undefined) throw absent(parseImageReference(text));
  const holder = await findImage(api, target, signal);
  if (holder !== undefined && holder !== "snapshot" && holder.id === image.id) return false;
  if (holder !== undefined) {
    throw new MoorageError("CONFLICT", `The engine has another image by the name ${target.whole}.`, {
      hint: "Take another tag, or remove that image first.",
    });
  }
  const query = { repo: target.repository, tag: target.version };
  await api.send({ method: "POST", path: `/images/${image.id}/tag`, query, signal });
  return true;
}

function afterwards(image: FoundImage | undefined, { whole }: ImageReference): FoundImage {
  if (image !== undefined) return image;
  throw new MoorageError("ENGINE_FAILED", `The engine says that it has ${whole} now, and then does not find it.`);
}
