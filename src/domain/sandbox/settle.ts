import type { SandboxRow } from "../../store/store.ts";
import { discardArchive } from "../archive/archive-file.ts";
import type { DomainContext } from "../context.ts";
import { announced, type Announced } from "./announced.ts";
import { finishRemoval } from "./remove-whole.ts";
import { explained } from "./seen-state.ts";
import { ACTIONS } from "./state-machine.ts";
import { moveTo } from "./transition.ts";

/**
 * Ends a change that nobody goes on with, by what the engine shows: it counts as done where that is so, else as not
 * begun. A removal is finished. What lives on another engine is left to a Moorage that can reach it. The change is taken
 * over before anything is touched; false: it is another one by now, and nothing was done.
 */
export async function settle(context: DomainContext, { id, pending, engine }: SandboxRow): Promise<boolean> {
  if (pending === null || engine !== context.engine.name) return false;
  const { id: seen, holder: _holder, ...change } = pending;
  const takenOver = { id, from: { pending: seen }, change };
  const settled = await announced(context, takenOver, async (row) => {
    await settleOwn(context, row);
    return true;
  });
  return settled ?? false;
}

async function settleOwn(context: DomainContext, row: Announced): Promise<void> {
  const { engine, egress } = context;
  const { action, reason, by } = row.pending;
  if (action === "remove") return finishRemoval(context, row);
  if (action === "snapshot") return letGoOn(context, row);
  if (row.state === "archived") {
    // What it had on the engine has gone into the archive, and a workspace that is restored by half is none.
    await engine.remove(row.id);
    await egress.close(row.id);
    return settledAs(context, row, row);
  }
  const seen = await explained(context, row, await engine.inspect(row.id));
  // An archive that was being written is none: it was not told.
  if (action === "archive") await discardArchive(context, row.id);
  // One that runs already was restored: its files are its own again.
  if (action === "start" && row.state === "running") await discardArchive(context, row.id);
  const { to } = ACTIONS[action];
  const done = { state: to, reason, pausedBy: to === "running" ? null : by };
  await settledAs(context, row, seen.state === to ? done : seen.state === row.state ? row : seen);
}

/** What a snapshot has held still goes on: the state is the one in which the sandbox was. */
async function letGoOn(context: DomainContext, row: Announced): Promise<void> {
  const { engine } = context;
  const unit = await engine.inspect(row.id);
  const held = row.state === "running" && unit?.state === "paused";
  if (held) await engine.freezer?.unpause(row.id);
  const seen = held ? row : await explained(context, row, unit);
  await settledAs(context, row, seen.state === row.state ? row : seen);
}

type Settled = Pick<SandboxRow, "state" | "reason" | "pausedBy">;

async function settledAs(context: DomainContext, row: Announced, { state, reason, pausedBy }: Settled): Promise<void> {
  await moveTo(context, { row, from: { pending: row.pending.id } }, { state, reason, pausedBy, pending: null });
}
