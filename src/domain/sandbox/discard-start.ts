import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { rowAfterRemoval } from "./quiet-row.ts";
import { clearAway, removeWhole } from "./remove-whole.ts";

/**
 * Of a sandbox that nobody is told of nothing stays, whether it was made or only planned, and also when it was removed
 * while it was being made.
 */
export async function discardStart(context: DomainContext, { id, ...row }: SandboxRow): Promise<void> {
  const left = await rowAfterRemoval(context, id);
  const removal = { from: { states: ["starting"] }, by: "engine", insist: true } as const;
  const removed = left !== undefined && (await removeWhole(context, id, removal));
  if (!removed) await clearAway(context, { id, ...row });
}
