import { deadlineSignal, sleep } from "../../base/deadline.ts";
import { isMoorageError } from "../../base/errors.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { askEngine } from "../on-engine.ts";
import { recoverRuns } from "../recovery/recover-runs.ts";
import { hourlyPruning } from "../run/log/prune-logs.ts";
import { refreshAll } from "../sandbox/list-sandboxes.ts";
import { sweepSnapshots } from "../snapshot/discard-snapshot.ts";
import { dueFor, dueTimes, type Deed } from "./due.ts";
import { findOrphans, removeOrphan, watchOrphans, type Orphan } from "./orphans.ts";

/** A sweep that takes longer is given up: the next one goes on where it was. */
const SWEEP_MS = 5 * 60_000;

export type Swept = { readonly what: Deed["what"] | "snapshot" | "orphan"; readonly id: string };

export type Reaper = {
  /** Brings everything up to date once: what runs is adopted, what is due is done. */
  readonly sweep: (signal?: AbortSignal) => Promise<readonly Swept[]>;
  /** Sweeps until the signal aborts, one sweep at a time. */
  readonly run: (signal: AbortSignal) => Promise<void>;
};

/** Does by itself what nobody asks for: timers, adoption, and what ended Moorages have left. */
export function createReaper(context: DomainContext): Reaper {
  const keepTimers = timerKeeper(context);
  const overdue = watchOrphans(context);
  const pruneLogs = hourlyPruning(context);
  const sweep = async (given?: AbortSignal): Promise<readonly Swept[]> => {
    const signal = deadlineSignal(SWEEP_MS, given);
    await keepTimers();
    await context.owed.settle();
    await recoverRuns(context);
    await refreshAll(context, signal);
    const due = await sweepDue(context, signal);
    await pruneLogs();
    const snapshots = await sweepSnapshots(context);
    const orphans = overdue(await findOrphans(context, signal));
    return [
      ...due,
      ...snapshots.map((id) => ({ what: "snapshot" as const, id })),
      ...(await attemptAll(
        context,
        orphans.map((orphan) => removal(context, orphan)),
        signal,
      )),
    ];
  };
  return {
    sweep,
    run: async (signal) => {
      while (!signal.aborted) {
        await logged(context, signal, sweep);
        await sleep(context.policy.timers.sweepMs, signal);
      }
    },
  };
}

/** The cheap part of a sweep: what the registry alone shows to be due. The engine is asked only for that. */
export async function sweepDue(context: DomainContext, signal?: AbortSignal): Promise<readonly Swept[]> {
  const { runs, sandboxes } = context.store;
  const busy = new Set((await runs.open()).map((run) => run.sandboxId));
  const due = (row: SandboxRow): Promise<Deed | undefined> =>
    askEngine(context, row.engine, async (its) => dueFor(its, row, busy));
  const attempts: Attempt[] = [];
  for (const row of await sandboxes.due(dueTimes(context))) {
    const deed = await due(row);
    if (deed === undefined) continue;
    // Those before it may take long, and what is due may have been done by then.
    const work = async (): Promise<boolean> => {
      const now = await sandboxes.get(row.id);
      const still = now === undefined ? undefined : await due(now);
      return still?.what === deed.what && (await still.work());
    };
    attempts.push({ id: row.id, what: deed.what, work });
  }
  return attemptAll(context, attempts, signal);
}

type Attempt = { readonly id: string; readonly what: Swept["what"]; readonly work: () => Promise<boolean> };

function removal(context: DomainContext, orphan: Orphan): Attempt {
  const work = async (): Promise<boolean> => {
    await removeOrphan(context, orphan);
    return true;
  };
  return { id: orphan.id, what: "orphan", work };
}

/** One that fails does not hold up the others, and is due again in the next sweep. */
async function attemptAll(
  { logger }: DomainContext,
  attempts: readonly Attempt[],
  signal: AbortSignal | undefined,
): Promise<readonly Swept[]> {
  const swept: Swept[] = [];
  for (const { id, what, work } of attempts) {
    if (signal?.aborted === true) break;
    try {
      if (await work()) swept.push({ what, id });
    } catch (error) {
      logger.warn({ err: error, sandboxId: id, what }, "the reaper could not do what was due");
    }
  }
  return swept;
}

/**
 * Timers count the time that passes, not the one that the clock shows: after a jump each has left what it had before, so
 * that setting the clock, or a machine that slept, neither pauses nor expires anything.
 */
function timerKeeper({ store, logs, logger, clock, timers }: DomainContext): () => Promise<void> {
  timers.look();
  let lastLook = clock.monotonic();
  return async () => {
    const elapsed = clock.monotonic() - lastLook;
    const jumpMs = timers.look();
    if (jumpMs !== 0) {
      await store.sandboxes.shiftTimers(jumpMs, () => timers.follow(jumpMs));
      // What was written since the last look may have been written since the jump.
      await logs.shiftAges(jumpMs, clock.now() - elapsed);
      logger.warn(
        { jumpMs },
        "the clock jumped; the timers of all sandboxes, and the ages of logs, were moved with it",
      );
    }
    lastLook = clock.monotonic();
  };
}

async function logged({ logger }: DomainContext, signal: AbortSignal, sweep: Reaper["sweep"]): Promise<void> {
  try {
    const swept = await sweep(signal);
    if (swept.length > 0) logger.info({ operation: "reaper.sweep", swept }, "swept");
  } catch (error) {
    const code = isMoorageError(error) ? error.code : undefined;
    if (!signal.aborted) logger.warn({ err: error, code }, "a sweep failed; the next one tries again");
  }
}
