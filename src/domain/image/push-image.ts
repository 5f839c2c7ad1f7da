import { MoorageError } from "../../base/errors.ts";
import type { ImagePushEvent } from "../../contracts/types.ts";
import type { PushedImage } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { imagesOf } from "./images-of.ts";
import { lendName } from "./lent-names.ts";
import { requirePresentImage } from "./own-images.ts";
import { pushTarget } from "./push-target.ts";
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
  const target = pushTarget(wanted.to ?? wanted.reference);
  const pushed = yield* transferEvents(call, {
    ...{ reference: target, done: "pushed", timeoutMs: wanted.timeoutMs },
    work: async (signal, onProgress) => {
      const auth = await registryLogin(context, target)(signal);
      await using _name = await lendName(call, { source, target }, signal);
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
