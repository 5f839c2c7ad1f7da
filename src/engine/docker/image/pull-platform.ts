import { MoorageError } from "../../../base/errors.ts";
import type { ImageReference } from "../../../base/image-reference.ts";
import type { ImageStore } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { findImage, type FoundImage } from "./find-image.ts";
import { pullImage } from "./pull-image.ts";

/** What is pulled, and what its reference names now. */
type Wanted = { readonly reference: ImageReference; readonly before: FoundImage | undefined };
type Options = Parameters<ImageStore["pull"]>[1];

/**
 * Pulls an image for a platform. Of an image that is there for one platform only, engines take that one, whichever was
 * asked for: so what came is looked at, and what is another is put away.
 */
export async function pullPlatform(api: EngineApi, wanted: Wanted, options: Options): Promise<string | undefined> {
  const { platform, signal } = options;
  const { reference } = wanted;
  const digest = await pullImage(api, reference, options);
  if (platform === undefined) return digest;
  const image = await findImage(api, reference, signal);
  if (image === undefined || image === "snapshot" || isFor(platform, image.platform)) return digest;
  await putAway(api, wanted, image);
  const message = `The image ${reference.whole} is not there for ${platform}: its registry has it for ${image.platform}.`;
  throw new MoorageError("IMAGE_NOT_FOUND", message, { hint: "Leave the platform out, or name another image." });
}

/** The variant counts only where it was asked for, and `v8` is what arm64 has without one. */
function isFor(asked: string, found: string): boolean {
  const plain = (platform: string): string => platform.replace(/^(linux\/arm64)\/v8$/, "$1");
  return plain(found) === plain(asked) || plain(found).startsWith(`${asked}/`);
}

/** The reference names again what it named before; nobody's signal keeps it from that. */
export async function putAway(api: EngineApi, { reference, before }: Wanted, image: FoundImage): Promise<void> {
  if (before?.id === image.id) return;
  if (before === undefined) {
    await api.send({ method: "DELETE", path: `/images/${reference.whole}` });
    return;
  }
  const query = { repo: reference.repository, tag: reference.version };
  await api.send({ method: "POST", path: `/images/${before.id}/tag`, query });
}
