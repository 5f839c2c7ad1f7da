import { orAborted } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import type { RunLife } from "../run/live/run-life.ts";
import type { RunPlan } from "../run/run-plan.ts";
import { SLACK_BYTES, UnitWatch, type WatchedUnit } from "./unit-watch.ts";
import { watchedUnit } from "./watched-unit.ts";

/**
 * Keeps `limits.diskBytes` of the unit in which a run is to begin, by looking: the file systems that engines usually
 * stand on know no quotas. To be disposed of when the run has ended and is recorded. Of a sandbox that takes more than it
 * may already, runs are let in as long as it does not grow, so that files can be removed; then it is DISK_FULL.
 */
export async function watchDisk(context: DomainContext, plan: RunPlan, life: RunLife): Promise<AsyncDisposable> {
  const id = plan.sandboxId;
  const whenEnded = async (): Promise<void> => {
    const ending = context.disk.find(id)?.ending;
    if (ending !== undefined) await orAborted(ending, life.signal);
  };
  await whenEnded();
  const row = plan.kind === "exec" ? await context.store.sandboxes.get(id) : undefined;
  const unit = await watchedUnit(context, { ...plan, signal: life.signal }, row);
  const over = row === undefined ? null : await stillOver(context, row, unit);
  // Counting may have taken long.
  await whenEnded();
  const watch = context.disk.find(id) ?? begin(context, unit);
  watch.join(life, over);
  return { [Symbol.asyncDispose]: () => watch.leave(life) };
}

function begin(context: DomainContext, unit: WatchedUnit): UnitWatch {
  const { clock, disk, logger, store } = context;
  const mark = async (bytes: number | null): Promise<void> => {
    const seen = { sandboxId: unit.id, bytes, limitBytes: unit.limitBytes };
    if (bytes !== null) logger.warn(seen, "a sandbox takes more disk than it may");
    await store.sandboxes
      .update(unit.id, { diskOverBytes: bytes })
      .catch((error: unknown) => logger.warn({ ...seen, err: error }, "that could not be written down"));
  };
  const watch: UnitWatch = new UnitWatch({
    ...{ unit, clock, mark },
    pace: disk.pace,
    watched: () => disk.size,
    onDone: () => disk.remove(unit.id, watch),
  });
  disk.add(unit.id, watch);
  return watch;
}

/** What a sandbox that took too much may take now; null once it keeps its limit. */
async function stillOver({ store }: DomainContext, row: SandboxRow, unit: WatchedUnit): Promise<number | null> {
  const { diskOverBytes: over } = row;
  if (over === null) return null;
  const bytes = await unit.count();
  if (bytes === null) return over;
  if (bytes > over + SLACK_BYTES) throw full(row, bytes);
  const now = bytes > unit.limitBytes ? Math.min(over, bytes) : null;
  if (now !== over) await store.sandboxes.update(row.id, { diskOverBytes: now });
  return now;
}

function full({ id, name, limits }: SandboxRow, bytes: number): MoorageError {
  const shown = name ?? id;
  const message = `The sandbox "${shown}" takes ${formatBytes(bytes)} of disk where ${formatBytes(limits.diskBytes)} may be, and grows.`;
  return new MoorageError("DISK_FULL", message, {
    hint: `Remove files of it with \`moorage file rm ${shown} PATH\`, or make one with more by --disk.`,
    details: { bytes, limitBytes: limits.diskBytes },
  });
}
