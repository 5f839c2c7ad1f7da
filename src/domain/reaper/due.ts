import { isoTime } from "../../base/clock.ts";
import { formatDuration } from "../../base/quantities.ts";
import type { DueTimes, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { archiveSandbox, isArchivable } from "../archive/archive.ts";
import { POOL_OWNER } from "../pool/pool-key.ts";
import { isAbandoned } from "../sandbox/announced.ts";
import { changeState } from "../sandbox/change-state.ts";
import { pauseObstacle, pausing, stopping } from "../sandbox/power.ts";
import { removeExpired } from "../sandbox/remove-sandbox.ts";
import { removeWhole } from "../sandbox/remove-whole.ts";
import { isExpired } from "../sandbox/renew-sandbox.ts";
import { settle } from "../sandbox/settle.ts";
import { STATES } from "../sandbox/state-machine.ts";

/** What the reaper does to one sandbox, and the name under which it is reported. */
export type Deed = {
  readonly what: "settled" | "failed" | "expired" | "idle" | "archived";
  /** False, and nothing is touched, where the sandbox is no longer as it was seen. */
  readonly work: () => Promise<boolean>;
};

/** By which the registry finds those for which something may be due now. */
export function dueTimes({ timers, policy }: DomainContext): DueTimes {
  const { archiveAfterMs } = policy.timers;
  const restingSince = archiveAfterMs === 0 ? null : isoTime(timers.now() - archiveAfterMs);
  return { now: isoTime(timers.now()), restingSince };
}

/** What is due for a sandbox now; undefined: nothing. `busy` are those with an open run. */
export function dueFor(context: DomainContext, row: SandboxRow, busy: ReadonlySet<string>): Deed | undefined {
  if (row.pending !== null) {
    return isAbandoned(context, row.pending) ? { what: "settled", work: () => settle(context, row) } : undefined;
  }
  // The pool has a keeper of its own.
  if (row.owner === POOL_OWNER) return undefined;
  if (isExpired(context, row)) return { what: "expired", work: () => removeExpired(context, row) };
  if (row.state === "starting" && !context.holders.isAlive(row.holder)) {
    return { what: "failed", work: () => failHalfMade(context, row) };
  }
  if (row.state === "running" && isIdle(context, row) && !busy.has(row.id)) {
    return { what: "idle", work: () => rest(context, row) };
  }
  if (isUnused(context, row) && isArchivable(row)) {
    const stillWanted = (now: SandboxRow): Promise<boolean> => Promise.resolve(isUnused(context, now));
    return { what: "archived", work: () => archiveSandbox(context, row, stillWanted) };
  }
  return undefined;
}

/** Whoever was making it is gone, and nobody has been told that it is there. */
function failHalfMade(context: DomainContext, { id, revision }: SandboxRow): Promise<boolean> {
  const from = { states: ["starting"], revision } as const;
  return removeWhole(context, id, { from, by: "engine", news: "Moorage was ended while it was starting." });
}

function isUnused({ timers, policy }: DomainContext, { state, stateSince }: SandboxRow): boolean {
  const { archiveAfterMs } = policy.timers;
  if (archiveAfterMs === 0 || STATES[state].timer !== "archive") return false;
  return timers.now() - Date.parse(stateSince) >= archiveAfterMs;
}

function isIdle({ timers }: DomainContext, { idleTimeoutMs, lastActiveAt }: SandboxRow): boolean {
  return idleTimeoutMs > 0 && timers.now() - Date.parse(lastActiveAt) >= idleTimeoutMs;
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
