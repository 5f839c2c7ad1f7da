import { isoTime } from "../../base/clock.ts";
import { sleep, throwIfCanceled } from "../../base/deadline.ts";
import { newId } from "../../base/ids.ts";
import type { PendingChange, SandboxRow, StoredState } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { quietRow } from "./quiet-row.ts";
import { refreshed } from "./seen-state.ts";
import { isAbandoned, settle } from "./settle.ts";
import { notRunning } from "./transition.ts";

/** States in which the engine has all of a sandbox. */
const THERE: readonly StoredState[] = ["running", "paused", "stopped"];

const LOOK_MS = 20;

type Held = { readonly id: string; readonly signal: AbortSignal | undefined };

/**
 * Works on a sandbox while nobody changes it and no run begins in it; afterwards it is in the state in which it was. A
 * crash in between leaves the announcement, which `settle` clears up after. SANDBOX_NOT_RUNNING for one that the engine
 * does not have.
 */
export async function holdSandbox<T>(
  context: DomainContext,
  { id, signal }: Held,
  work: (row: SandboxRow) => Promise<T>,
): Promise<T> {
  for (;;) {
    throwIfCanceled(signal);
    const quiet = await quietRow(context, id, signal);
    const row = await refreshed(context, quiet, await context.engine.inspect(id, signal));
    if (!THERE.includes(row.state)) throw notRunning(row, "a snapshot needs one that the engine has");
    const from = { states: [row.state], revision: row.revision, pending: null };
    const begun = await context.store.sandboxes.transition(id, from, { pending: announcement(context) });
    // Otherwise somebody was faster, and what there is to do has to be looked at again.
    if (begun !== undefined) return ended(context, begun, work);
  }
}

function announcement({ holders, clock }: DomainContext): PendingChange {
  const since = isoTime(clock.now());
  return { id: newId(), action: "snapshot", by: "owner", reason: null, holder: holders.self, since };
}

async function ended<T>(context: DomainContext, row: SandboxRow, work: (row: SandboxRow) => Promise<T>): Promise<T> {
  const [end] = await Promise.allSettled([work(row)]);
  // What fails here is left announced, and settled by whoever looks at the sandbox next.
  await settle(context, row).catch((failure: unknown) => {
    context.logger.warn({ err: failure, sandboxId: row.id }, "a sandbox could not be let go on after a snapshot");
  });
  if (end.status === "rejected") throw end.reason;
  return end.value;
}

/** Resolves when no snapshot holds the sandbox still; at once for what is none. */
export async function whenLetGo(context: DomainContext, id: string): Promise<void> {
  for (;;) {
    const row = await context.store.sandboxes.get(id);
    if (row?.pending?.action !== "snapshot") return;
    if (isAbandoned(context, row.pending)) await settle(context, row);
    else await sleep(LOOK_MS);
  }
}
