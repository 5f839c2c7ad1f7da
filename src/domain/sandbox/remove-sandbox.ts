import { throwIfCanceled } from "../../base/deadline.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { removeWhole } from "./remove-whole.ts";
import { reachSandbox } from "./sandboxes.ts";

/** Removes a sandbox whatever it is doing: another change that is going on finds it gone. */
export async function removeSandbox(call: Call, ref: string): Promise<{ readonly id: string; readonly removed: true }> {
  const { context, signal, row } = await reachSandbox(call, ref);
  throwIfCanceled(signal);
  const reason = `The sandbox was removed by "${row.owner}".`;
  await removeWhole(context, row.id, { from: {}, by: "owner", reason });
  told(context, row, "asked");
  return { id: row.id, removed: true };
}

/** Removes one whose time is up; false, and nothing is done, where it is no longer as it was seen. */
export async function removeExpired(context: DomainContext, row: SandboxRow): Promise<boolean> {
  const reason = "The sandbox was removed by Moorage: its time to live was over.";
  const from = { revision: row.revision, pending: null };
  if (!(await removeWhole(context, row.id, { from, by: "engine", reason }))) return false;
  told(context, row, "expired");
  return true;
}

function told({ logger }: DomainContext, { id: sandboxId, owner }: SandboxRow, why: "asked" | "expired"): void {
  logger.info({ operation: "sandbox.remove", sandboxId, owner, why }, "sandbox removed");
}
