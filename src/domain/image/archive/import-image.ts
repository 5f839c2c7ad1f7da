import { isoTime } from "../../../base/clock.ts";
import { deadlineSignal } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { ImageTag } from "../../../contracts/image-archive.ts";
import type { ImageImport } from "../../../contracts/raw.ts";
import type { Image } from "../../../contracts/types.ts";
import type { ImageInfo } from "../../../engine/engine.ts";
import type { ImageRow } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { watchRoom } from "../../disk/watch-room.ts";
import { refuseWithoutRoom } from "../../disk/machine-room.ts";
import { imagesOf } from "../images-of.ts";
import { isConflict, noteOwn } from "../note-own.ts";
import { refuseTaken } from "../own-images.ts";
import { loadableArchive } from "./loadable-archive.ts";

const REPOSITORY = "agent-env";

/** Makes an image of an archive, which is the caller's from then on. Names that stand in the archive count for nothing. */
export async function importImage(
  call: Call,
  { tag }: ImageImport,
  archive: AsyncIterable<Uint8Array>,
): Promise<Image> {
  const { context } = call;
  const createdAt = isoTime(context.clock.now());
  const reference = referenceOf(tag, createdAt);
  imagesOf(context);
  await refuseTaken(call, reference);
  await refuseWithoutRoom(context);
  const loaded = await load(call, reference, archive);
  const row = { ...rowOf(call, loaded), reference, createdAt, usedAt: createdAt };
  const before = await noted(context, row);
  if (before !== undefined && before.digest !== loaded.digest) await imagesOf(context).removeCache([before.digest]);
  const { digest, sizeBytes } = loaded;
  context.logger.info({ operation: "image.import", image: reference, owner: row.owner, digest }, "image imported");
  return { reference, kind: "imported", digest, sizeBytes, createdAt, usedAt: createdAt, missing: false };
}

/** A name that somebody else has taken by now is told, and not owed. */
async function noted(context: DomainContext, row: ImageRow): Promise<ImageRow | undefined> {
  let before: ImageRow | undefined;
  let conflict: MoorageError | undefined;
  const failure = await context.owed.attempt("the record of an image", async () => {
    try {
      before = await noteOwn(context, row);
    } catch (error) {
      if (!isConflict(error)) throw error;
      conflict = error;
    }
  });
  if (failure !== undefined) throw failure;
  if (conflict !== undefined) throw conflict;
  return before;
}

async function load(call: Call, reference: string, archive: AsyncIterable<Uint8Array>): Promise<ImageInfo> {
  const { context } = call;
  const deadline = deadlineSignal(context.policy.maxima.timeoutMs, call.signal);
  await using room = watchRoom(context, deadline);
  // What is wrong with the archive says more than what the engine made of an archive that broke off.
  let wrong: unknown;
  const tar = loadableArchive(archive, {
    reference,
    maxBytes: context.policy.images.maxImportBytes,
    checked: () => refuseTaken(call, reference),
  });
  const noticed = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* tar;
    } catch (error) {
      wrong = error;
      throw error;
    }
  };
  try {
    return await imagesOf(context).load({ reference, tar: noticed() }, room.signal);
  } catch (error) {
    if (isMoorageError(wrong) && !room.signal.aborted) throw wrong;
    throw room.full ?? error;
  }
}

function referenceOf(tag: string | undefined, createdAt: string): string {
  if (tag === undefined) return `${REPOSITORY}:import-${createdAt.replaceAll(/[-:.]/g, "")}`;
  const parsed = ImageTag.safeParse(tag);
  if (parsed.success) return tag.startsWith(`${REPOSITORY}:`) ? tag : `${REPOSITORY}:${tag}`;
  const why = parsed.error.issues[0]?.message ?? "";
  throw new MoorageError("INVALID_INPUT", `tag: ${why} (got ${JSON.stringify(tag.slice(0, 300))}).`);
}

function rowOf(
  { context, principal }: Call,
  { digest, sizeBytes }: ImageInfo,
): Omit<ImageRow, "reference" | "createdAt" | "usedAt"> {
  return { kind: "imported", engine: context.engine.name, owner: principal.owner, digest, sizeBytes };
}
