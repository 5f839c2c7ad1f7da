import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { discardStart } from "./discard-start.ts";
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
  // Whoever renews it meanwhile changes its row; only a removal takes it out of `starting`.
  const from = { pending: null };
  try {
    const started = await moveTo(context, { row, from }, { state, reason: null, pausedBy: null });
    if (started === undefined) await discardStart(context, row);
    return started;
  } catch (error) {
    await context.owed.attempt("what is left of a sandbox whose start could not be written", () =>
      discardStart(context, row),
    );
    throw error;
  }
}
