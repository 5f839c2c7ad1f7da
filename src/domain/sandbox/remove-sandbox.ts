import { throwIfCanceled } from "../../base/deadline.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { rowAfterRemoval } from "./quiet-row.ts";
import { removeWhole } from "./remove-whole.ts";
import { reachSandbox } from "./sandboxes.ts";

/**
 * Removes a sandbox whatever it is doing: another change that is going on finds it gone. Where somebody removes it
 * already, it waits for how that ends.
 */
export async function removeSandbox(call: Call, ref: string): Promise<{ readonly id: string; readonly removed: true }> {
  const { context, signal, row } = await reachSandbox(call, ref);
  const reason = `The sandbox was removed by "${row.owner}".`;
  for (;;) {
    throwIfCanceled(signal);
    const left = await rowAfterRemoval(context, row.id, signal);
    if (left === undefined) break;
    if (!(await removeWhole(context, row.id, { displaced: left.pending, by: "owner", reason }))) continue;
    told(context, row, "asked");
    break;
  }
  return { id: row.id, removed: true };
}

/** Removes one whose time is up; false, and nothing is done, where it is no longer as it was seen. */
export async function removeExpired(context: DomainContext, row: SandboxRow): Promise<boolean> {
  const reason = "The sandbox was removed by Moorage: its time to live was over.";
  const from = { revision: row.revision };
  if (!(await removeWhole(context, row.id, { from, by: "engine", reason }))) return false;
  told(context, row, "expired");
  return true;
}

function told({ logger }: DomainContext, { id: sandboxId, owner }: SandboxRow, why: "asked" | "expired"): void {
  logger.info({ operation: "sandbox.remove", sandboxId, owner, why }, "sandbox removed");
}
