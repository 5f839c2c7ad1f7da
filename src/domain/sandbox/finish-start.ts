import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { leaveDirectory } from "../workspace/sandbox-directory.ts";
import { moveTo } from "./transition.ts";

/**
 * Writes that a sandbox which the engine has made has started; undefined when it was removed meanwhile. What nobody is
 * told of does not stay: where it cannot be written, or is not wanted any more, it is removed again.
 */
export async function finishStart(
  context: DomainContext,
  row: SandboxRow,
  state: "running" | "pool",
): Promise<SandboxRow | undefined> {
  const { engine, egress, store, owed } = context;
  const from = { revision: row.revision, pending: null };
  try {
    const started = await moveTo(context, { row, from }, { state, reason: null, pausedBy: null });
    if (started === undefined) {
      await engine.remove(row.id);
      await leaveDirectory(context, row);
    }
    return started;
  } catch (error) {
    await owed.attempt("what is left of a sandbox whose start could not be written", async () => {
      await engine.remove(row.id);
      await egress.close(row.id);
      await leaveDirectory(context, row);
      await store.sandboxes.remove(row.id);
    });
    throw error;
  }
}
