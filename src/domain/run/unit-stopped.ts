import type { DomainContext } from "../context.ts";
import { moveTo } from "../sandbox/transition.ts";

/** Of a sandbox, and of the run that was the reason. */
export const UNIT_STOPPED = "A run could not be ended by itself, so the sandbox was stopped.";

/** Writes it down. Where it is being stopped or removed at this moment, that is what happens to it. */
export async function noteUnitStopped(context: DomainContext, sandboxId: string): Promise<void> {
  const row = await context.store.sandboxes.get(sandboxId);
  if (row?.state !== "running") return;
  await moveTo(
    context,
    { row, from: { pending: null } },
    { state: "stopped", reason: UNIT_STOPPED, pausedBy: "engine" },
  );
}
