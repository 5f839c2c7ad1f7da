import type { CleanupReport } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";
import { askEngines } from "../on-engine.ts";
import { pruneDependencies } from "../dependencies/prune-dependencies.ts";
import { retireAbandoned } from "../pool/retire.ts";
import { findOrphans, removeOrphans } from "../reaper/orphans.ts";
import { sweepDue } from "../reaper/reaper.ts";
import { sweepSnapshots } from "../snapshot/discard-snapshot.ts";
import { sweepContexts } from "../image/context/contexts.ts";
import { collectImages } from "../image/prune-images.ts";
import { pruneRecords } from "../run/prune-records.ts";
import { Attempts } from "./attempts.ts";
import { recoverAll } from "./recover-runs.ts";

/**
 * Records lost runs, does what is due, and removes what nobody owns any more at once, without its grace; and images of
 * dependencies that nothing has been made from for long.
 */
export async function cleanup(context: DomainContext): Promise<CleanupReport> {
  const attempts = new Attempts(context.logger);
  await attempts.settle(context.owed);
  const recovered = [...(await recoverAll(context, attempts))];
  const due = await sweepDue(context, attempts);
  const gone = due.filter(({ what }) => what === "failed" || what === "expired");
  const removed = gone.map(({ id }) => ({ kind: "sandbox", id }));
  removed.push(...(await retireAbandoned(context, attempts)));
  const orphans = await findOrphans(context, attempts);
  removed.push(...(await removeOrphans(context, { orphans, attempts })));
  const snapshots = await askEngines(context, (its) => sweepSnapshots(its, attempts));
  removed.push(...snapshots.map((id) => ({ kind: "snapshot", id })));
  removed.push(...(await pruneDependencies(context, attempts)).map((id) => ({ kind: "image", id })));
  removed.push(...(await sweepContexts(context, attempts)).map((id) => ({ kind: "context", id })));
  removed.push(...(await collectImages(context, attempts)).map((id) => ({ kind: "image", id })));
  await attempts.at({ kind: "logs", id: "runs" }, () => pruneRecords(context, attempts));
  context.undone.latest = attempts.undone;
  const counts = { removed: removed.length, recovered: recovered.length, failed: attempts.undone.length };
  context.logger.info({ operation: "system.cleanup", ...counts }, "cleaned up");
  return { ok: counts.failed === 0, removed, recovered, failed: [...attempts.undone] };
}
