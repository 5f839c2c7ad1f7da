import { MoorageError } from "../../base/errors.ts";
import type { SandboxCreate } from "../../contracts/types.ts";
import type { SnapshotRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { requireSnapshotEngine } from "../snapshot/snapshots.ts";
import type { PlannedImage } from "./plan-image.ts";

/** What a sandbox is made of that begins with a snapshot. Its digest is that of what will run, and was looked at. */
export async function planSnapshot(
  { context, signal }: Call,
  input: SandboxCreate,
  snapshot: SnapshotRow,
): Promise<PlannedImage> {
  const { id, name, image, reference, digest, dependencies, packageManager } = snapshot;
  refuseOthers(input);
  requireSnapshotEngine(context, snapshot);
  const found = await context.engine.snapshots?.find(id, signal);
  if (found?.digest !== digest) {
    const what = found === undefined ? "is no longer on the engine" : "has become another one on the engine";
    throw new MoorageError("IMAGE_NOT_FOUND", `The image of the snapshot "${name ?? id}" ${what}.`, {
      hint: `Remove the snapshot with \`moorage snapshot rm ${name ?? id}\`, and take another one.`,
    });
  }
  const forkOf = snapshot.transient ? snapshot.sandboxId : null;
  return {
    image,
    imageDigest: digest,
    snapshot: { id, name, forkOf },
    unitImage: reference,
    dependencies: [...dependencies],
    packageManager,
  };
}

function refuseOthers({ image, dependencies, packageManager }: SandboxCreate): void {
  const other = Object.entries({ image, dependencies, packageManager }).find(([, value]) => value !== undefined);
  if (other === undefined) return;
  throw new MoorageError("INVALID_INPUT", `${other[0]}: expected none beside snapshot, which has all of its files.`, {
    hint: "Leave it out, and install what is missing in the sandbox; or leave the snapshot out.",
  });
}
