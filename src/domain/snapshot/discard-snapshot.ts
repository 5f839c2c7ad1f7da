import type { SnapshotRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import type { Attempts } from "../recovery/attempts.ts";

/** Longer than a fork takes from its snapshot to its sandbox. */
const ABANDONED_MS = 15 * 60_000;

/** Clears away what a snapshot that nobody gets has left. What cannot be removed now is left to the reaper. */
export async function discardSnapshot(context: DomainContext, { id }: SnapshotRow): Promise<void> {
  try {
    await removeSnapshotFiles(context, id);
  } catch (error) {
    context.logger.warn({ err: error, snapshotId: id }, "what is left of a snapshot could not be removed yet");
  }
}

/** The row goes last: after a crash in between it still tells what is on the engine. */
export async function removeSnapshotFiles({ engine, store }: DomainContext, id: string): Promise<void> {
  await engine.snapshots?.remove(id);
  await store.snapshots.remove(id);
}

/** The snapshot of a fork or an archive goes with the last sandbox that is made of it. */
export async function dropTransient(context: DomainContext, id: string): Promise<void> {
  const row = await context.store.snapshots.get(id);
  if (row === undefined || !row.transient || row.engine !== context.engine.name) return;
  if ((await context.store.snapshots.retire(id)) === undefined) await discardSnapshot(context, row);
}

/** Removes what crashes have left: snapshots that nobody finishes taking or removing, and those of forks and archives without one. */
export async function sweepSnapshots(context: DomainContext, attempts: Attempts): Promise<readonly string[]> {
  const { store, engine } = context;
  const swept: string[] = [];
  for (const row of await store.snapshots.leftover(engine.name)) {
    // Asked again, in one step with the mark: a sandbox may have been made of it meanwhile.
    if (!isAbandoned(context, row) || (await store.snapshots.retire(row.id)) !== undefined) continue;
    await attempts.at({ kind: "snapshot", id: row.id }, async () => {
      await removeSnapshotFiles(context, row.id);
      swept.push(row.id);
    });
  }
  await attempts.at({ kind: "engine", id: engine.name }, async () => engine.snapshots?.clear());
  return swept;
}

function isAbandoned({ holders, clock }: DomainContext, { holder, sinceMs }: SnapshotRow): boolean {
  return !holders.isAlive(holder) || clock.monotonic() - sinceMs > ABANDONED_MS;
}
