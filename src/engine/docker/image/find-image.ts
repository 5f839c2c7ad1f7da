import { MoorageError } from "../../../base/errors.ts";
import { readImageReference, type ImageReference } from "../../../base/image-reference.ts";
import type { ImageInfo } from "../../engine.ts";
import { isOfUnit } from "../../unit-labels.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { ImageReply } from "../api/replies.ts";

/** An image as the port tells it, and the platform that it is for. */
export type FoundImage = ImageInfo & { readonly platform: string };

/** The local image; "snapshot" for one that may not be named, since it was made of a unit. */
export async function findImage(
  api: EngineApi,
  reference: ImageReference,
  signal?: AbortSignal,
): Promise<FoundImage | "snapshot" | undefined> {
  const image = await api.find({ method: "GET", path: `/images/${reference.whole}/json`, signal }, ImageReply);
  if (image === undefined) return undefined;
  if (isOfUnit(image.Config?.Labels ?? {})) return "snapshot";
  return {
    reference: reference.whole,
    digest: digestOf(image, reference),
    id: image.Id.startsWith("sha256:") ? image.Id : `sha256:${image.Id}`,
    sizeBytes: image.Size,
    user: image.Config?.User ?? "",
    triggers: image.Config?.OnBuild ?? [],
    platform: [image.Os, image.Architecture, image.Variant].filter(Boolean).join("/"),
  };
}

/** The same of a reference that may only name an image which units can be made of. */
export async function findNamed(
  api: EngineApi,
  reference: ImageReference,
  signal?: AbortSignal,
): Promise<FoundImage | undefined> {
  const image = await findImage(api, reference, signal);
  if (image !== "snapshot") return image;
  const message = `"${reference.whole}" is no image to be named: it was made of a sandbox.`;
  throw new MoorageError("IMAGE_NOT_FOUND", message, {
    hint: "Make a sandbox of one of your own snapshots with `moorage sandbox create --snapshot`.",
  });
}

/** What the port tells of it. */
export function told({ platform: _platform, ...image }: FoundImage): ImageInfo {
  return image;
}

// A registry's digest names the same content on every host; an image made here has only its id.
function digestOf(image: ImageReply, { repository }: ImageReference): string {
  const digests = (image.RepoDigests ?? []).map((text) => text.split("@"));
  // Podman spells repositories of Docker Hub in full.
  const own = digests.find(([name = ""]) => readImageReference(name)?.repository === repository);
  return own?.[1] ?? image.Id;
}
