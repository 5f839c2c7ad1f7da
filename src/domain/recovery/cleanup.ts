import type { CleanupReport } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";
import { pruneLogs } from "../run/log/prune-logs.ts";
import { recoverRuns } from "./recover-runs.ts";

/** Records lost runs, then removes what nobody owns any more: half-made sandboxes, and units without a row. */
export async function cleanup(context: DomainContext): Promise<CleanupReport> {
  const recovered = [...(await recoverRuns(context))];
  const removed = [...(await removeHalfMade(context)), ...(await removeOrphans(context))];
  await pruneLogs(context);
  context.logger.info(
    { operation: "system.cleanup", removed: removed.length, recovered: recovered.length },
    "cleaned up",
  );
  return { removed, recovered };
}

type Removed = CleanupReport["removed"][number];

async function removeHalfMade({ engine, store, holders }: DomainContext): Promise<Removed[]> {
  const removed: Removed[] = [];
  for (const row of await store.sandboxes.all()) {
    if (row.state !== "starting" || row.engine !== engine.name || holders.isAlive(row.holder)) continue;
    await engine.remove(row.id);
    await store.sandboxes.remove(row.id);
    removed.push({ kind: "sandbox", id: row.id });
  }
  return removed;
}

async function removeOrphans({ engine, store }: DomainContext): Promise<Removed[]> {
  // The engine first: a unit that is made after this look cannot be taken for an orphan.
  const units = await engine.list();
  const sandboxes = new Set((await store.sandboxes.all()).map((row) => row.id));
  const jobs = new Set((await store.runs.open()).map((row) => row.sandboxId));
  const removed: Removed[] = [];
  for (const { id, kind } of units) {
    if (sandboxes.has(id) || jobs.has(id)) continue;
    await engine.remove(id);
    removed.push({ kind, id });
  }
  return removed;
}
