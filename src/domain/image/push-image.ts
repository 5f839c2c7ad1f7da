import { MoorageError } from "../../base/errors.ts";
import { parseImageReference } from "../../base/image-reference.ts";
import type { ImagePushEvent } from "../../contracts/types.ts";
import type { Engine, ImageInfo, ImageStore, PushedImage } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { imagesOf } from "./images-of.ts";
import { requirePresentImage } from "./own-images.ts";
import { registryLogin } from "./registry-login.ts";
import { transferEvents } from "./transfer.ts";

type Wanted = {
  readonly reference: string;
  /** @default reference */
  readonly to?: string | undefined;
  readonly timeoutMs?: number | undefined;
};

/**
 * Sends an image of the caller's to a registry. It is a success only once the registry itself has said that it has, under
 * that name, what was sent.
 */
export async function* pushImage(call: Call, wanted: Wanted): AsyncGenerator<ImagePushEvent, void, undefined> {
  const { context } = call;
  const images = imagesOf(context);
  const source = await requirePresentImage(call, wanted.reference);
  const target = parseImageReference(wanted.to ?? wanted.reference).whole;
  const pushed = yield* transferEvents(call, {
    ...{ reference: target, done: "pushed", timeoutMs: wanted.timeoutMs },
    work: async (signal, onProgress) => {
      const auth = await registryLogin(context, target)(signal);
      await using _name = await namedFor({ engine: context.engine, images, signal }, source, target);
      const taken = await images.push(target, { auth, signal, onProgress });
      requireSame(target, taken, await images.confirm(target, { auth, signal }));
      return taken;
    },
  });
  const { digest, sizeBytes, layersPushed, layersReused } = pushed;
  context.logger.info({ operation: "image.push", image: target, digest, layersPushed }, "an image was pushed");
  const result = { reference: target, digest, imageId: source.id, sizeBytes, layersPushed, layersReused };
  yield { type: "result", result };
}

function requireSame(target: string, { digest }: PushedImage, confirmed: string): void {
  if (confirmed === digest) return;
  const message = `The registry has ${confirmed} under ${target}, and not ${digest}, which was pushed.`;
  throw new MoorageError("DIGEST_MISMATCH", message, { details: { pushed: digest, confirmed } });
}

/** The names that images of an engine have only for as long as they are pushed. */
const LENT = new WeakMap<Engine, Set<string>>();

type Place = { readonly engine: Engine; readonly images: ImageStore; readonly signal: AbortSignal };

/**
 * An engine sends an image to where its name says. So it gets that name for as long as it is pushed; a name that another
 * image has on this engine is left to it, since others may run what they know by it.
 */
async function namedFor(
  { engine, images, signal }: Place,
  source: ImageInfo,
  target: string,
): Promise<AsyncDisposable> {
  const lent = LENT.get(engine) ?? new Set();
  LENT.set(engine, lent);
  if (lent.has(target)) {
    throw new MoorageError("CONFLICT", `Another image is being pushed to ${target} now.`, {
      hint: "Wait until that push has ended, or push to another tag.",
    });
  }
  lent.add(target);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => void lent.delete(target));
  if (await images.tag(source.reference, target, signal)) undo.defer(() => images.remove(target));
  return undo.move();
}
