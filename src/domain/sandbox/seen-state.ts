import type { UnitInfo } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { endOfMain } from "./main-end.ts";
import { moveTo } from "./transition.ts";

type Seen = Pick<SandboxRow, "state" | "reason" | "pausedBy">;

/** The states that follow what the engine shows; of the others it knows nothing. */
export const SHOWN_BY_ENGINES: readonly SandboxRow["state"][] = ["running", "paused", "stopped", "lost"];

/**
 * The row with the state that the engine shows: what runs is adopted, what is gone is lost. While a change
 * is going on it is left alone: who changes it writes its state.
 */
export async function refreshed(
  context: DomainContext,
  row: SandboxRow,
  unit: UnitInfo | undefined,
): Promise<SandboxRow> {
  if (row.pending !== null || !SHOWN_BY_ENGINES.includes(row.state)) return row;
  if (seenState(unit).state === row.state) return row;
  const seen = await explained(context, row, unit);
  const from = { revision: row.revision, pending: null };
  return (await moveTo(context, { row, from }, seen)) ?? (await context.store.sandboxes.get(row.id)) ?? row;
}

/** What the engine shows, and of one that has ended there how. */
export async function explained(context: DomainContext, row: SandboxRow, unit: UnitInfo | undefined): Promise<Seen> {
  const seen = seenState(unit);
  return unit?.state === "exited" ? { ...seen, reason: await endOfMain(context, row, unit) } : seen;
}

export function seenState(unit: UnitInfo | undefined): Seen {
  if (unit === undefined) return { state: "lost", reason: "The engine no longer has it.", pausedBy: null };
  if (unit.state === "running") return { state: "running", reason: null, pausedBy: null };
  if (unit.state === "paused") return { state: "paused", reason: "It was paused on the engine.", pausedBy: "engine" };
  return { state: "stopped", reason: null, pausedBy: "engine" };
}
