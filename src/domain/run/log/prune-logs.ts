import type { DomainContext } from "../../context.ts";

const HOUR_MS = 3_600_000;

/** Removes logs that are too old, or too many together; never those of runs that go on. */
export async function pruneLogs({ store, logs, policy, clock, logger }: DomainContext): Promise<void> {
  const keep = new Set((await store.runs.open()).map((run) => run.id));
  const removed = await logs.prune(policy.logRetention, { now: clock.now(), keep });
  if (removed.length > 0) logger.info({ removed: removed.length }, "removed logs of runs");
}

/** The same for who asks often: logs are looked through once an hour. */
export function hourlyPruning(context: DomainContext): () => Promise<void> {
  let nextAt = -Infinity;
  return async () => {
    const now = context.clock.monotonic();
    if (now < nextAt) return;
    nextAt = now + HOUR_MS;
    await pruneLogs(context);
  };
}
