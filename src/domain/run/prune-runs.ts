import type { DomainContext } from "../context.ts";

const HOUR_MS = 3_600_000;

/**
 * Removes what is kept of runs for too long, or of too many: the logs by their own age and size, and with a record its
 * log as well. Never of runs that go on. Receipts stay: they are small, and a chain has no gaps.
 */
export async function pruneRuns(context: DomainContext): Promise<void> {
  const { store, logs, policy, clock, logger } = context;
  const records = await pruneRecords(context);
  const keep = new Set((await store.runs.open()).map((run) => run.id));
  const removed = await logs.prune(policy.logRetention, { now: clock.now(), keep });
  if (records + removed.length > 0) logger.info({ records, logs: removed.length }, "removed records and logs of runs");
}

async function pruneRecords({ store, logs, policy, timers }: DomainContext): Promise<number> {
  let removed = 0;
  for (;;) {
    const ids = await store.runs.unkept(policy.runRetention, timers.now());
    if (ids.length === 0) return removed;
    // The logs first: of a record that is still there they are removed again.
    for (const id of ids) await logs.remove(id);
    await store.runs.remove(...ids);
    removed += ids.length;
  }
}

/** The same for who asks often: it is looked through once an hour. */
export function hourlyPruning(context: DomainContext): () => Promise<void> {
  let nextAt = -Infinity;
  return async () => {
    const now = context.clock.monotonic();
    if (now < nextAt) return;
    nextAt = now + HOUR_MS;
    await pruneRuns(context);
  };
}
