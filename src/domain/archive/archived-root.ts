import type { ErrorCode } from "../../base/error-codes.ts";
import { isMoorageError } from "../../base/errors.ts";
import type { SandboxBase, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { takeRoot } from "../snapshot/take-snapshot.ts";

/** What of a sandbox's row its restoring changes. */
export type Restored = Pick<SandboxRow, "base" | "imageDigest" | "reason">;

/** The root filesystem is too much for the engine, or is of a kind that it cannot keep: then the image has to do. */
const CANNOT: readonly ErrorCode[] = ["ENGINE_UNSUPPORTED", "LIMIT_EXCEEDED"];

/** Told of one that runs again all the same. */
const GONE = "What was outside /workspace is as in its image: the engine no longer has what was kept of it.";

/** Has the engine keep the root filesystem of a sandbox that is archived; null where it cannot. */
export async function keptRoot(context: DomainContext, row: SandboxRow): Promise<SandboxBase | null> {
  if (context.engine.snapshots === undefined) return null;
  try {
    const { id, reference, digest } = await takeRoot(context, row);
    return { id, reference, digest };
  } catch (error) {
    if (!isMoorageError(error) || !CANNOT.includes(error.code)) throw error;
    context.logger.warn({ err: error, sandboxId: row.id }, "a sandbox is archived without its root filesystem");
    return null;
  }
}

/** What an archived sandbox is made of now. Its kept root filesystem may have been removed with the engine's own client. */
export async function foundRoot({ engine, logger }: DomainContext, row: SandboxRow): Promise<Restored> {
  const { base, image, unitImage } = row;
  if (base !== null) {
    const found = await engine.snapshots?.find(base.id);
    if (found?.digest === base.digest) return { base, imageDigest: base.digest, reason: null };
    logger.warn({ sandboxId: row.id, reference: base.reference }, "the root filesystem of an archive is gone");
  }
  const reference = unitImage ?? image;
  const plain = reference === null ? undefined : await engine.images?.find(reference);
  const reason = base === null ? null : GONE;
  return { base: null, imageDigest: plain?.digest ?? row.imageDigest, reason };
}
