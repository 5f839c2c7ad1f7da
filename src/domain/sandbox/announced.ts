import { newId } from "../../base/ids.ts";
import type { PendingChange, SandboxRow, TransitionFrom } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";

/** A sandbox that this process changes: nobody else does meanwhile, but who removes it. */
export type Announced = SandboxRow & { readonly pending: PendingChange };

type Announcement = {
  readonly id: string;
  /** How the sandbox has to be found: who was slower than another does nothing. */
  readonly from: TransitionFrom;
  readonly change: Omit<PendingChange, "id" | "holder">;
};

/**
 * Announces a change of a sandbox in the registry, one step with the look whether it is as it has to be, and then works
 * on it: nothing is touched before. Undefined: it is no longer so. The work ends the announcement, in the registry; what
 * it leaves there counts as given up when it has ended.
 */
export async function announced<T extends object | boolean>(
  { store, holders, underway }: DomainContext,
  { id, from, change }: Announcement,
  work: (begun: Announced) => Promise<T>,
): Promise<T | undefined> {
  const pending: PendingChange = { id: newId(), ...change, holder: holders.self };
  underway.add(pending.id);
  try {
    const begun = await store.sandboxes.transition(id, from, { pending });
    return begun === undefined ? undefined : await work({ ...begun, pending });
  } finally {
    underway.delete(pending.id);
  }
}

/**
 * Whether nobody goes on with a change: its process has ended, or is this one and has left off. No clock is asked: who
 * lives may take as long as it takes.
 */
export function isAbandoned({ holders, underway }: DomainContext, { id, holder }: PendingChange): boolean {
  return holder === holders.self ? !underway.has(id) : !holders.isAlive(holder);
}
