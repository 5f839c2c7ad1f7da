import type { ImagePullEvent } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { imagesOf } from "./images-of.ts";
import { refuseOthersImage } from "./own-images.ts";
import { pullLogin } from "./registry-login.ts";
import { transferEvents } from "./transfer.ts";

type Wanted = {
  readonly reference: string;
  readonly platform?: string | undefined;
  readonly timeoutMs?: number | undefined;
};

/** Gets what a registry has now under a reference, whatever was here under it. */
export async function* pullImage(call: Call, wanted: Wanted): AsyncGenerator<ImagePullEvent, void, undefined> {
  const { reference, platform, timeoutMs } = wanted;
  const { context } = call;
  const images = imagesOf(context);
  await refuseOthersImage(call, reference);
  const { id, ...image } = yield* transferEvents(call, {
    ...{ reference, timeoutMs, done: "pulled" },
    work: async (signal, onProgress) => {
      const auth = await pullLogin(context, reference)(signal);
      return images.pull(reference, { auth, platform, signal, onProgress });
    },
  });
  context.logger.info({ operation: "image.pull", image: image.reference, digest: image.digest }, "an image was pulled");
  const { digest, sizeBytes, pulled } = image;
  yield { type: "result", result: { reference: image.reference, digest, imageId: id, sizeBytes, pulled } };
}
