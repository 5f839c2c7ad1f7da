import type { DomainContext } from "../../context.ts";

/** Removes logs that are too old, or too many together; never those of runs that go on. */
export async function pruneLogs({ store, logs, policy, clock, logger }: DomainContext): Promise<void> {
  const keep = new Set((await store.runs.open()).map((run) => run.id));
  const removed = await logs.prune(policy.logRetention, { now: clock.now(), keep });
  if (removed.length > 0) logger.info({ removed: removed.length }, "removed logs of runs");
}
