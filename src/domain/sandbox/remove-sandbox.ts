import { isoTime } from "../../base/clock.ts";
import { throwIfCanceled } from "../../base/deadline.ts";
import { newId } from "../../base/ids.ts";
import type { PendingChange, RunRow, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { dropTransient } from "../snapshot/discard-snapshot.ts";
import { discardArchive } from "../archive/archive-file.ts";
import { endingRuns } from "../run/ending-runs.ts";
import { leaveDirectory } from "../workspace/sandbox-directory.ts";
import { reachSandbox } from "./sandboxes.ts";

export async function removeSandbox(call: Call, ref: string): Promise<{ readonly id: string; readonly removed: true }> {
  const { context, signal, row } = await reachSandbox(call, ref);
  throwIfCanceled(signal);
  await removeForGood(context, row, "asked");
  return { id: row.id, removed: true };
}

/** What is said of the runs that go with it. */
const REASONS = {
  asked: ({ owner }: SandboxRow): string => `The sandbox was removed by "${owner}".`,
  expired: (): string => "The sandbox was removed by Moorage: its time to live was over.",
};

/**
 * Removes a sandbox whatever it is doing: another change that is going on finds it gone. Once announced it is finished,
 * by the next Moorage where this one is ended.
 */
export async function removeForGood(context: DomainContext, row: SandboxRow, why: "asked" | "expired"): Promise<void> {
  const { engine, store, egress, holders, clock, logger } = context;
  const since = isoTime(clock.now());
  const announced = { id: newId(), action: "remove", by: "owner", reason: null } as const;
  const pending: PendingChange = { ...announced, holder: holders.self, since };
  await store.sandboxes.transition(row.id, {}, { pending });
  try {
    const chosen = (run: RunRow): boolean => run.sandboxId === row.id;
    await endingRuns(context, { chosen, reason: REASONS[why](row) }, () => engine.remove(row.id));
    await leaveDirectory(context, row);
  } catch (error) {
    await store.sandboxes.transition(row.id, { pending: pending.id }, { pending: null });
    throw error;
  }
  await discardArchive(context, row.id);
  await store.sandboxes.remove(row.id);
  await egress.close(row.id);
  for (const used of [row.base, row.snapshot]) if (used !== null) await dropTransient(context, used.id);
  logger.info({ operation: "sandbox.remove", sandboxId: row.id, owner: row.owner, why }, "sandbox removed");
}
