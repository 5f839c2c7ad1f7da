import { isoTime } from "../../base/clock.ts";
import { formatDuration } from "../../base/quantities.ts";
import type { DueTimes, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { archiveSandbox, isArchivable } from "../archive/archive.ts";
import { POOL_OWNER } from "../pool/pool-key.ts";
import { changeState } from "../sandbox/change-state.ts";
import { pauseObstacle, pausing, stopping } from "../sandbox/power.ts";
import { removeForGood } from "../sandbox/remove-sandbox.ts";
import { isExpired } from "../sandbox/renew-sandbox.ts";
import { isAbandoned, settle } from "../sandbox/settle.ts";
import { STATES } from "../sandbox/state-machine.ts";
import { moveTo } from "../sandbox/transition.ts";
import { leaveDirectory } from "../workspace/sandbox-directory.ts";

/** What the reaper does to one sandbox, and the name under which it is reported. */
export type Deed = {
  readonly what: "settled" | "failed" | "expired" | "idle" | "archived";
  readonly work: () => Promise<boolean>;
};

/** By which the registry finds those for which something may be due now. */
export function dueTimes({ clock, policy }: DomainContext): DueTimes {
  const { archiveAfterMs } = policy.timers;
  const restingSince = archiveAfterMs === 0 ? null : isoTime(clock.now() - archiveAfterMs);
  return { now: isoTime(clock.now()), restingSince };
}

/** What is due for a sandbox now; undefined: nothing. `busy` are those with an open run. */
export function dueFor(context: DomainContext, row: SandboxRow, busy: ReadonlySet<string>): Deed | undefined {
  if (row.pending !== null) {
    return isAbandoned(context, row.pending) ? { what: "settled", work: () => done(settle(context, row)) } : undefined;
  }
  // The pool has a keeper of its own.
  if (row.owner === POOL_OWNER) return undefined;
  if (isExpired(context, row)) return { what: "expired", work: () => done(removeForGood(context, row, "expired")) };
  if (row.state === "starting" && !context.holders.isAlive(row.holder)) {
    return { what: "failed", work: () => failHalfMade(context, row) };
  }
  if (row.state === "running" && isIdle(context, row) && !busy.has(row.id)) {
    return { what: "idle", work: () => rest(context, row) };
  }
  if (isUnused(context, row) && isArchivable(row)) {
    return { what: "archived", work: () => done(archiveSandbox(context, row)) };
  }
  return undefined;
}

async function done(work: Promise<unknown>): Promise<boolean> {
  await work;
  return true;
}

/** Whoever was making it is gone, and nobody has been told that it is there. */
async function failHalfMade(context: DomainContext, row: SandboxRow): Promise<boolean> {
  await context.engine.remove(row.id);
  await leaveDirectory(context, row);
  const target = { state: "error", reason: "Moorage was ended while it was starting.", pausedBy: null } as const;
  return (await moveTo(context, { row, from: { revision: row.revision, pending: null } }, target)) !== undefined;
}

function isUnused({ clock, policy }: DomainContext, { state, stateSince }: SandboxRow): boolean {
  const { archiveAfterMs } = policy.timers;
  if (archiveAfterMs === 0 || STATES[state].timer !== "archive") return false;
  return clock.now() - Date.parse(stateSince) >= archiveAfterMs;
}

function isIdle({ clock }: DomainContext, { idleTimeoutMs, lastActiveAt }: SandboxRow): boolean {
  return idleTimeoutMs > 0 && clock.now() - Date.parse(lastActiveAt) >= idleTimeoutMs;
}

/** Pauses an idle one; stops it where the engine cannot pause. Whoever uses it meanwhile is told first. */
async function rest(context: DomainContext, { id, idleTimeoutMs }: SandboxRow): Promise<boolean> {
  const { store } = context;
  const canPause = (await pauseObstacle(context)) === undefined;
  const change = canPause ? pausing(context, "idle") : stopping(context, "idle");
  const stillWanted = async (): Promise<boolean> => {
    const now = await store.sandboxes.get(id);
    const used = (await store.runs.open()).some((run) => run.sandboxId === id);
    return now !== undefined && isIdle(context, now) && !used;
  };
  const reason = `It was idle for ${formatDuration(idleTimeoutMs)}.`;
  const row = await changeState(context, { id }, { ...change, reason, stillWanted });
  return row.pausedBy === "idle";
}
