import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { removeWhole } from "../sandbox/remove-whole.ts";

/** Removes a sandbox of the pool, unless it has become somebody's meanwhile. */
export function retire(context: DomainContext, { id, state, revision }: SandboxRow): Promise<boolean> {
  return removeWhole(context, id, { from: { states: [state], revision, pending: null }, by: "engine" });
}
