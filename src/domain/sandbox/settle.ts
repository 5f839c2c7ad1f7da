import type { PendingChange, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { discardArchive } from "../archive/archive-file.ts";
import { leaveDirectory } from "../workspace/sandbox-directory.ts";
import { explained } from "./seen-state.ts";
import { ACTIONS } from "./state-machine.ts";
import { moveTo } from "./transition.ts";

/** No change takes as long; one that does has been given up, also by a process that lives. */
const ABANDONED_MS = 15 * 60_000;

export function isAbandoned({ holders, clock }: DomainContext, pending: PendingChange): boolean {
  return !holders.isAlive(pending.holder) || clock.now() - Date.parse(pending.since) > ABANDONED_MS;
}

/**
 * Ends a change that nobody goes on with, by what the engine shows: it counts as done where that is so, else as not
 * begun. A removal is finished. What lives on another engine is left to a Moorage that can reach it.
 */
export async function settle(context: DomainContext, row: SandboxRow): Promise<void> {
  const { engine, store } = context;
  const { pending } = row;
  if (pending === null || row.engine !== engine.name) return;
  const { action } = pending;
  if (action === "remove") {
    await engine.remove(row.id);
    await leaveDirectory(context, row);
    await discardArchive(context, row.id);
    await store.sandboxes.remove(row.id);
    return;
  }
  if (action === "snapshot") return letGoOn(context, row, pending.id);
  const unchanged = { state: row.state, reason: row.reason, pausedBy: row.pausedBy };
  if (row.state === "archived") {
    // A workspace that is restored by half is none.
    await engine.remove(row.id);
    await moveTo(context, { row, from: { pending: pending.id } }, { ...unchanged, pending: null });
    return;
  }
  const seen = await explained(context, row, await engine.inspect(row.id));
  const { to } = ACTIONS[action];
  const done = { state: to, reason: pending.reason, pausedBy: to === "running" ? null : pending.by };
  const target = seen.state === to ? done : seen.state === row.state ? unchanged : seen;
  await moveTo(context, { row, from: { pending: pending.id } }, { ...target, pending: null });
}

/** What a snapshot has held still goes on: the state is the one in which the sandbox was. */
async function letGoOn(context: DomainContext, row: SandboxRow, pendingId: string): Promise<void> {
  const { engine } = context;
  const unit = await engine.inspect(row.id);
  const held = row.state === "running" && unit?.state === "paused";
  if (held) await engine.freezer?.unpause(row.id);
  const unchanged = { state: row.state, reason: row.reason, pausedBy: row.pausedBy };
  const seen = held ? unchanged : await explained(context, row, unit);
  const target = seen.state === row.state ? unchanged : seen;
  await moveTo(context, { row, from: { pending: pendingId } }, { ...target, pending: null });
}
