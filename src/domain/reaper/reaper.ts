import { deadlineSignal, sleep } from "../../base/deadline.ts";
import { isMoorageError } from "../../base/errors.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { askEngine, askEngines } from "../on-engine.ts";
import { sweepContexts } from "../image/context/contexts.ts";
import { Attempts } from "../recovery/attempts.ts";
import { recoverAll } from "../recovery/recover-runs.ts";
import { hourlyPruning } from "../run/prune-records.ts";
import { refreshAll } from "../sandbox/list-sandboxes.ts";
import { sweepSnapshots } from "../snapshot/discard-snapshot.ts";
import { dueFor, dueTimes, type Deed } from "./due.ts";
import { findOrphans, removeOrphans, watchOrphans } from "./orphans.ts";

/** A sweep that takes longer is given up: the next one goes on where it was. */
const SWEEP_MS = 5 * 60_000;

const LOGS = { kind: "logs", id: "runs" };

export type Swept = { readonly what: Deed["what"] | "snapshot" | "context" | "orphan"; readonly id: string };

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
  const prune = hourlyPruning(context);
  const sweep = async (given?: AbortSignal): Promise<readonly Swept[]> => {
    const signal = deadlineSignal(SWEEP_MS, given);
    const attempts = new Attempts(context.logger);
    const engine = { kind: "engine", id: context.engine.name };
    await attempts.at({ kind: "registry", id: "timers" }, keepTimers);
    await attempts.settle(context.owed);
    await recoverAll(context, attempts);
    await attempts.at(engine, () => refreshAll(context, signal));
    const due = await sweepDue(context, attempts, signal);
    await attempts.at(LOGS, () => prune(attempts));
    const snapshots = await askEngines(context, (its) => sweepSnapshots(its, attempts));
    const contexts = await sweepContexts(context, attempts);
    const orphans = overdue(await findOrphans(context, attempts, signal));
    const removed = await removeOrphans(context, { orphans, attempts, signal });
    context.undone.latest = attempts.undone;
    return [
      ...due,
      ...snapshots.map((id) => ({ what: "snapshot" as const, id })),
      ...contexts.map((id) => ({ what: "context" as const, id })),
      ...removed.map(({ id }) => ({ what: "orphan" as const, id })),
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
export async function sweepDue(
  context: DomainContext,
  attempts: Attempts,
  signal?: AbortSignal,
): Promise<readonly Swept[]> {
  const { runs, sandboxes } = context.store;
  const busy = new Set((await runs.open()).map((run) => run.sandboxId));
  const due = (row: SandboxRow): Promise<Deed | undefined> =>
    askEngine(context, row.engine, async (its) => dueFor(its, row, busy));
  const swept: Swept[] = [];
  for (const { id, ...row } of await sandboxes.due(dueTimes(context))) {
    if (signal?.aborted === true) break;
    const done = await attempts.at({ kind: "sandbox", id }, async () => {
      if ((await due({ id, ...row })) === undefined) return undefined;
      // Those before it may have taken long, and what was due may have been done by then.
      const now = await sandboxes.get(id);
      const deed = now === undefined ? undefined : await due(now);
      return (await deed?.work()) === true ? deed?.what : undefined;
    });
    if (done !== undefined) swept.push({ what: done, id });
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
        "the clock jumped; the timers of all sandboxes, and the ages of runs and logs, were moved with it",
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
