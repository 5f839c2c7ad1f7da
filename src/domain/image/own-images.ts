import { isoTime } from "../../base/clock.ts";
import { parseImageReference } from "../../base/image-reference.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { Image, ImageHistory } from "../../contracts/types.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { ImageRow, Page, PageQuery } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { onEngine } from "../on-engine.ts";
import { imagesOf } from "./images-of.ts";
import { isLentByOthers } from "./lent-names.ts";

type Listing = PageQuery & { readonly prefix?: string | undefined };

export async function listImages({ context, principal }: Call, query: Listing): Promise<Page<Image>> {
  const { items, nextCursor } = await context.store.images.list(principal.owner, query);
  const shown: Image[] = [];
  for (const row of items) shown.push({ ...imageView(row), missing: await isMissing(context, row) });
  return { items: shown, nextCursor };
}

/** The caller's image by its reference; NOT_FOUND also for somebody else's, and for one that Moorage has not made. */
export async function requireOwnImage(call: Call, reference: string): Promise<ImageRow> {
  const row = await findOwnImage(call, reference);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no image "${reference}".`, {
    hint: "Only what Moorage has made for you can be pushed, exported or removed: list it with `moorage image ls`.",
  });
}

/** By its whole name, else by the TAG alone of `agent-env:TAG`. */
async function findOwnImage({ context, principal }: Owning, reference: string): Promise<ImageRow | undefined> {
  for (const name of [parseImageReference(reference).whole, ...taggedName(reference)]) {
    const row = await context.store.images.find(name);
    if (row?.owner === principal.owner) return row;
  }
  return undefined;
}

/** The image that is called so where it is no more than a tag. */
export function taggedName(text: string): readonly string[] {
  return /[:/@]/.test(text) ? [] : [`agent-env:${text}`];
}

/** The caller's image as it is on the engine; NOT_FOUND also where its name has been given to another since. */
export async function requirePresentImage(call: Call, reference: string): Promise<ImageInfo> {
  const row = await requireOwnImage(call, reference);
  const image = await imagesOf(call.context).find(row.reference, call.signal);
  if (image !== undefined && row.engine === call.context.engine.name && isSame(image, row)) return image;
  throw new MoorageError("NOT_FOUND", `The engine has your image ${row.reference} no more.`, {
    hint: "Its name may have been given to another image since; build it again.",
  });
}

/** A registry's digest may be known since it was pushed. */
function isSame({ id, digest }: ImageInfo, row: ImageRow): boolean {
  return row.digest === digest || row.digest === id;
}

/** Refuses an image of somebody else's as if it were not there. */
export async function refuseOthersImage(call: Owning, reference: string): Promise<void> {
  if (await isOthers(call, reference)) throw imageNotFound(reference);
}

export function imageNotFound(reference: string): MoorageError {
  return new MoorageError("IMAGE_NOT_FOUND", `The image ${reference} was found neither here nor in its registry.`);
}

/** Nobody's image is taken its name, neither another owner's nor one that Moorage has not made. */
export async function refuseTaken({ context, principal }: Owning, reference: string): Promise<void> {
  const row = await context.store.images.find(reference);
  if (row?.owner === principal.owner) return;
  if (row === undefined && (await imagesOf(context).find(reference)) === undefined) return;
  throw new MoorageError("CONFLICT", `The tag ${reference} is in use by an image that is not yours.`, {
    hint: "Choose another --tag, or leave it out.",
  });
}

type Owning = Pick<Call, "context" | "principal">;

/** By whatever of its names: an engine takes `docker.io/library/x` for `x`. */
export async function isOthers({ context, principal }: Owning, reference: string): Promise<boolean> {
  const { repository, whole } = parseImageReference(reference);
  // An image's id leads to whoever's it is.
  if (repository === "sha256") return true;
  const row = await context.store.images.find(whole);
  // What is built or loaded has its name a moment before it is known whose it is.
  if (row === undefined && repository === "agent-env") return (await imagesOf(context).find(whole)) !== undefined;
  const owner = row?.owner ?? null;
  if (owner !== null && owner !== principal.owner) return true;
  return isLentByOthers({ context, principal }, whole);
}

/** Something is to be made of it: its time of use is noted where it is somebody's. */
export async function useImage(call: Owning, reference: string): Promise<void> {
  await refuseOthersImage(call, reference);
  await call.context.store.images.use(parseImageReference(reference).whole, isoTime(call.context.clock.now()));
}

export async function imageHistory(call: Call, reference: string): Promise<ImageHistory> {
  const whole = (await findOwnImage(call, reference))?.reference ?? reference;
  await refuseOthersImage(call, whole);
  const steps = await imagesOf(call.context).history(whole, call.signal);
  // Another push may have lent the name since.
  await refuseOthersImage(call, whole);
  return { reference: whole, steps: [...steps] };
}

/** What another has put under its name since is left alone. */
export async function removeImage(
  call: Call,
  reference: string,
): Promise<{ readonly reference: string; readonly removed: true }> {
  const row = await requireOwnImage(call, reference);
  const context = await onEngine(call.context, row.engine);
  if (!(await isMissing(context, row))) await takeAway(call, row);
  await context.store.images.remove(row.reference);
  context.logger.info({ operation: "image.remove", image: row.reference, owner: row.owner }, "image removed");
  return { reference: row.reference, removed: true };
}

async function takeAway({ context, signal }: Call, { reference }: ImageRow): Promise<void> {
  try {
    await imagesOf(context).remove(reference, signal);
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "CONFLICT") throw error;
    throw new MoorageError("CONFLICT", `The image ${reference} is in use: a sandbox or a job is made of it.`, {
      hint: "Remove that first; `moorage sandbox ls` tells which.",
      cause: error,
    });
  }
}

async function isMissing(context: Call["context"], row: ImageRow): Promise<boolean> {
  const { reference, engine } = row;
  const { images } = engine === context.engine.name ? context.engine : await context.otherEngine(engine);
  const image = await images?.find(reference);
  return image === undefined || !isSame(image, row);
}

function imageView({ reference, kind, digest, sizeBytes, createdAt, usedAt }: ImageRow): Omit<Image, "missing"> {
  if (kind === "dependencies") throw new TypeError("A cache of dependencies is nobody's own.");
  return { reference, kind, digest, sizeBytes, createdAt, usedAt };
}
