import type { EndingRows } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { collectImages } from "../image/prune-images.ts";
import type { Attempts } from "../recovery/attempts.ts";

const HOUR_MS = 3_600_000;
/** With more logs that cannot be removed, something is wrong with all. */
const MAX_LEFT = 1_000;

/**
 * Removes what is kept of runs, builds and exports for too long, or of too many: the logs by their own age and size, and
 * with a record its log as well. Never of what goes on. Receipts stay: they are small, and a chain has no gaps. Answers
 * the logs that could not be removed, which keep none of the others.
 */
export async function pruneRecords(context: DomainContext, attempts: Attempts): Promise<readonly string[]> {
  const { store, logs, policy, clock, timers, logger } = context;
  let records = 0;
  const left: string[] = [];
  const keep = new Set<string>();
  for (const rows of [store.runs, store.builds, store.exports]) {
    const pruned = await pruneEnded(context, rows, attempts);
    records += pruned.records;
    left.push(...pruned.left);
    for (const { id } of await rows.open()) keep.add(id);
  }
  for (const id of left) keep.add(id);
  // Of a jump that the logs have not been moved by: those from before it count by the one, those since by the other.
  const now = Math.min(clock.now(), timers.now());
  const old = await logs.unkept(policy.logRetention, { now, keep });
  const leftToo = await removeLogs(context, old, attempts);
  const removed = old.length - leftToo.length;
  if (records + removed > 0) logger.info({ records, logs: removed }, "removed records and logs");
  return [...left, ...leftToo];
}

type Pruned = { readonly records: number; readonly left: readonly string[] };

async function pruneEnded(context: DomainContext, rows: EndingRows, attempts: Attempts): Promise<Pruned> {
  const { policy, timers } = context;
  const left: string[] = [];
  let records = 0;
  for (;;) {
    const ids = await rows.unkept(policy.recordRetention, timers.now(), left);
    if (ids.length === 0 || left.length > MAX_LEFT) return { records, left };
    // The logs first: of a record that is still there they are removed again.
    const failed = new Set(await removeLogs(context, ids, attempts));
    const gone = ids.filter((id) => !failed.has(id));
    await rows.remove(...gone);
    records += gone.length;
    left.push(...failed);
  }
}

/** Answers those that could not be removed. */
async function removeLogs(
  { logs }: DomainContext,
  ids: readonly string[],
  attempts: Attempts,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const id of ids) {
    const removed = await attempts.at({ kind: "log", id }, async () => {
      await logs.remove(id);
      return true;
    });
    if (removed === undefined) left.push(id);
  }
  return left;
}

/** The same for who asks often, with images: it is looked through once an hour, and logs that stay are tried again. */
export function hourlyPruning(context: DomainContext): (attempts: Attempts) => Promise<void> {
  let nextAt = -Infinity;
  let left: readonly string[] = [];
  return async (attempts) => {
    const now = context.clock.monotonic();
    if (now < nextAt) {
      left = await removeLogs(context, left, attempts);
      return;
    }
    nextAt = now + HOUR_MS;
    left = await pruneRecords(context, attempts);
    await attempts.at({ kind: "images", id: context.engine.name }, () => collectImages(context, attempts));
  };
}
