import { isoTime } from "../../base/clock.ts";
import { throwIfCanceled } from "../../base/deadline.ts";
import type { PausedBy } from "../../contracts/types.ts";
import type { SandboxRow, Transition } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { announced, type Announced } from "./announced.ts";
import { quietRow, rowAfterRemoval } from "./quiet-row.ts";
import { clearAway } from "./remove-whole.ts";
import { refreshed } from "./seen-state.ts";
import { settle } from "./settle.ts";
import { ACTIONS, verdict, type ChangingAction } from "./state-machine.ts";
import { moveTo, notRunning, removedMeanwhile } from "./transition.ts";

export type StateChange = {
  readonly action: ChangingAction;
  readonly by: PausedBy;
  /** Of the new state, where there is more to say than who wanted it. @default null */
  readonly reason?: string;
  /** Does it on the engine. It is not cut off by a caller that leaves: what has begun is finished. */
  readonly work: (row: SandboxRow) => Promise<void>;
  /** What of the row changes together with its state, asked once the work is done. */
  readonly alters?: () => Pick<Transition, "base" | "imageDigest" | "reason">;
  /** Clears up what has no use any more once the new state is written; nobody begins another change before. */
  readonly afterwards?: (row: SandboxRow) => Promise<void>;
  /** Asked once the change is announced, when nothing new can begin unseen: false gives it up. */
  readonly stillWanted?: (row: SandboxRow) => Promise<boolean>;
};

/**
 * Changes the state of a sandbox, one change at a time: announces it in the registry, does it on the engine, and writes
 * what came of it. A crash in between leaves the announcement, which `settle` finishes or undoes. Doing again what has
 * been done changes nothing but whose wish it is.
 */
export async function changeState(
  context: DomainContext,
  { id, signal }: { readonly id: string; readonly signal?: AbortSignal | undefined },
  change: StateChange,
): Promise<SandboxRow> {
  for (;;) {
    throwIfCanceled(signal);
    const quiet = await quietRow(context, id, signal);
    const row = await refreshed(context, quiet, await context.engine.inspect(id, signal));
    const answer = verdict(change.action, row.state);
    if (answer === "refused") throw notRunning(row, `it cannot ${change.action} from there`);
    const changed = answer === "done" ? await adopted(context, row, change) : await attempted(context, row, change);
    // Otherwise somebody was faster, and what there is to do has to be looked at again.
    if (changed !== undefined) return changed;
  }
}

/** Whoever asks for what Moorage or the engine has done by itself makes it their own wish, which nothing undoes. */
async function adopted(context: DomainContext, row: SandboxRow, { by }: StateChange): Promise<SandboxRow | undefined> {
  const held = row.state === "paused" || row.state === "stopped";
  if (!held || by !== "owner" || row.pausedBy === "owner") return row;
  const { state } = row;
  return moveTo(
    context,
    { row, from: { revision: row.revision, pending: null } },
    { state, reason: null, pausedBy: by },
  );
}

async function attempted(
  context: DomainContext,
  row: SandboxRow,
  change: StateChange,
): Promise<SandboxRow | undefined> {
  const { action, by, reason = null } = change;
  const from = { states: [row.state], revision: row.revision, pending: null };
  return announced(context, { id: row.id, from, change: { action, by, reason } }, (begun) =>
    made(context, begun, change),
  );
}

async function made(context: DomainContext, row: Announced, change: StateChange): Promise<SandboxRow> {
  const { store, logger } = context;
  try {
    if (change.stillWanted !== undefined && !(await change.stillWanted(row))) {
      const left = await store.sandboxes.transition(row.id, { pending: row.pending.id }, { pending: null });
      return left ?? row;
    }
    await change.work(row);
  } catch (error) {
    await leftOff(context, row).catch((failure: unknown) => {
      logger.warn({ err: failure, sandboxId: row.id }, "a change of a sandbox that failed could not be settled");
    });
    throw error;
  }
  return finished(context, row, change);
}

/** A change that failed is settled, unless a removal has taken the sandbox from it and has not failed in its turn. */
async function leftOff(context: DomainContext, row: Announced): Promise<void> {
  if (await settle(context, row)) return;
  const left = await afterRemoval(context, row);
  if (left !== undefined) await settle(context, left);
}

/**
 * The sandbox, where a removal has taken it from a change that was at work and has given it back; undefined where the
 * change is over. Of one that is gone nothing stays that was made since.
 */
async function afterRemoval(context: DomainContext, row: Announced): Promise<SandboxRow | undefined> {
  const seen: { left?: SandboxRow | undefined } = {};
  await context.owed.attempt("what is left of a change of a removed sandbox", async () => {
    seen.left = await rowAfterRemoval(context, row.id);
    if (seen.left === undefined) await clearAway(context, { ...row, pending: null });
  });
  return seen.left?.pending?.id === row.pending.id ? seen.left : undefined;
}

async function finished(context: DomainContext, row: Announced, change: StateChange): Promise<SandboxRow> {
  const { action, by, reason = null, afterwards } = change;
  const state = ACTIONS[action].to;
  const runs = state === "running";
  const target = { state, reason, pausedBy: runs ? null : by, pending: afterwards === undefined ? null : row.pending };
  const lastActiveAt = runs ? isoTime(context.timers.now()) : row.lastActiveAt;
  const from = { pending: row.pending.id };
  const changed = await moveTo(context, { row, from }, { ...target, lastActiveAt, ...change.alters?.() });
  if (changed !== undefined) {
    context.logger.info({ operation: `sandbox.${action}`, sandboxId: row.id, by, state }, "sandbox changed");
    if (afterwards === undefined) return changed;
    await afterwards(changed);
    return (await context.store.sandboxes.transition(row.id, from, { pending: null })) ?? changed;
  }
  if ((await afterRemoval(context, row)) !== undefined) return finished(context, row, change);
  throw removedMeanwhile(row);
}
