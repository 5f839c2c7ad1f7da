import type { ImagePresence } from "../../contracts/types.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { agentImage } from "../run/agent-image.ts";
import { allowedDirectory } from "../workspace/host-directory.ts";
import { imagesOf } from "./images-of.ts";
import { isOthers } from "./own-images.ts";

export async function imageExists({ context, principal, signal }: Call, reference: string): Promise<ImagePresence> {
  const image = await imagesOf(context).find(reference, signal);
  if (image === undefined || (await isOthers({ context, principal }, reference))) {
    return { ok: false, reference, digest: null, sizeBytes: null };
  }
  return presence(image);
}

type Wanted = { readonly reference?: string | undefined; readonly workspace?: string | undefined };

/** The image named, pulled when it is missing; without a name that of `agent run`. */
export async function ensureImage({ context, principal, signal }: Call, wanted: Wanted): Promise<ImagePresence> {
  imagesOf(context);
  const { workspace } = wanted;
  const place = workspace === undefined ? undefined : (await allowedDirectory(context, workspace)).path;
  const image = await agentImage({ context, principal }, wanted.reference, {
    signal: signal ?? new AbortController().signal,
    onProgress: (message) => context.logger.debug({ message }, "preparing an image"),
    workspace: place,
  });
  if (image === undefined) throw new TypeError("An engine with images answered none.");
  return presence(image);
}

function presence({ reference, digest, sizeBytes }: ImageInfo): ImagePresence {
  return { ok: true, reference, digest, sizeBytes };
}
