import type { CleanupReport } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";
import { pruneDependencies } from "../dependencies/prune-dependencies.ts";
import { retire } from "../pool/retire.ts";
import { findOrphans, removeOrphan } from "../reaper/orphans.ts";
import { sweepDue } from "../reaper/reaper.ts";
import { sweepSnapshots } from "../snapshot/discard-snapshot.ts";
import { pruneLogs } from "../run/log/prune-logs.ts";
import { recoverRuns } from "./recover-runs.ts";

/**
 * Records lost runs, does what is due, and removes what nobody owns any more at once, without its grace; and images of
 * dependencies that nothing has been made from for long.
 */
export async function cleanup(context: DomainContext): Promise<CleanupReport> {
  await context.owed.settle();
  const recovered = [...(await recoverRuns(context))];
  const due = await sweepDue(context);
  const gone = due.filter(({ what }) => what === "failed" || what === "expired");
  const removed = gone.map(({ id }) => ({ kind: "sandbox", id }));
  removed.push(...(await emptyAbandonedPool(context)));
  for (const orphan of await findOrphans(context)) {
    await removeOrphan(context, orphan);
    removed.push({ ...orphan });
  }
  removed.push(...(await sweepSnapshots(context)).map((id) => ({ kind: "snapshot", id })));
  removed.push(...(await pruneDependencies(context)).map((id) => ({ kind: "image", id })));
  await pruneLogs(context);
  context.logger.info(
    { operation: "system.cleanup", removed: removed.length, recovered: recovered.length },
    "cleaned up",
  );
  return { removed, recovered };
}

/** What was started ahead for a server that is gone. */
async function emptyAbandonedPool(context: DomainContext): Promise<CleanupReport["removed"]> {
  const removed: CleanupReport["removed"] = [];
  for (const row of await context.store.sandboxes.unclaimed(context.engine.name)) {
    if (row.pending !== null || context.holders.isAlive(row.holder) || !(await retire(context, row))) continue;
    removed.push({ kind: "sandbox", id: row.id });
  }
  return removed;
}
