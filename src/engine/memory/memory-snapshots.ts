import type { Clock } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { sha256 } from "../../base/sha256.ts";
import type { EngineSnapshots, SnapshotInfo, SnapshotWish } from "../engine.ts";
import type { UnitLabels } from "../unit-labels.ts";
import { copyTree } from "./file/copy-tree.ts";
import { createMemoryStore } from "./file/memory-store.ts";
import { namedImage, type MemoryImage } from "./memory-image.ts";
import type { MemoryHost, MemoryUnit } from "./memory-host.ts";

type Enter = (method: keyof EngineSnapshots, signal: AbortSignal | undefined) => Promise<void>;
type Parts = { readonly host: MemoryHost; readonly labels: UnitLabels; readonly clock: Clock };

export function createMemorySnapshots(parts: Parts, enter: Enter): EngineSnapshots {
  const { images, units } = parts.host;
  const own = (id: string): MemoryImage | undefined => {
    const image = images.get(referenceOf(id));
    return parts.labels.isKept("snapshot", id, image?.snapshot?.labels ?? {}) ? image : undefined;
  };
  return {
    take: async (wish, signal) => {
      await enter("take", signal);
      return take(parts, wish);
    },
    find: async (id, signal) => {
      await enter("find", signal);
      const image = own(id);
      return image === undefined ? undefined : { reference: image.reference, digest: image.digest };
    },
    remove: async (id, signal) => {
      await enter("remove", signal);
      if (own(id) === undefined) return;
      const user = [...units.values()].find((unit) => unit.spec.image === referenceOf(id));
      if (user !== undefined)
        throw new MoorageError("CONFLICT", `The snapshot ${id} is in use by the sandbox ${user.id}.`);
      images.delete(referenceOf(id));
    },
    // What is broken off here leaves nothing.
    clear: (signal) => enter("clear", signal),
  };
}

function referenceOf(id: string): string {
  return `moorage-snapshot:${id}`;
}

async function take({ host, labels, clock }: Parts, wish: SnapshotWish): Promise<SnapshotInfo> {
  const { sandbox, id, maxBytes, workspace = true } = wish;
  const unit = host.units.get(sandbox);
  if (unit?.kind !== "sandbox" || labels.verify(unit.labels) === undefined) {
    throw new MoorageError("NOT_FOUND", `There is no sandbox ${sandbox} on this engine.`);
  }
  const reference = referenceOf(id);
  if (host.images.has(reference)) throw new MoorageError("CONFLICT", `There is an image ${reference} already.`);
  const files = createMemoryStore(clock);
  const skipped = workspace ? undefined : "/workspace";
  const sizeBytes = await unit.alone(() => copyTree(unit.files, files, { directory: "/", skipped }));
  if (skipped !== undefined) await files.makeDirectory(skipped, { mode: 0o755, owner: unit.user });
  if (sizeBytes > maxBytes) {
    throw new MoorageError("LIMIT_EXCEEDED", `The snapshot would take more than ${maxBytes} bytes.`, {
      details: { maxBytes },
    });
  }
  // Two snapshots of equal files are told apart all the same.
  const digest = sha256(`snapshot ${id} ${newId()}`);
  const base = baseOf(host, unit);
  const snapshot = { labels: labels.signKept("snapshot", id), files };
  host.images.set(reference, { ...base, reference, digest, sizeBytes: base.sizeBytes + sizeBytes, snapshot });
  return { reference, digest, sizeBytes };
}

/** Environment and command are those of the image, not of the unit. */
function baseOf({ images }: MemoryHost, { spec }: MemoryUnit): MemoryImage {
  const image = spec.image === undefined ? undefined : images.get(spec.image);
  return image ?? namedImage(spec.image ?? "none");
}
