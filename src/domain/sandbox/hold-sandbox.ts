import { sleep, throwIfCanceled } from "../../base/deadline.ts";
import type { SandboxRow, StoredState } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { announced, isAbandoned } from "./announced.ts";
import { quietRow } from "./quiet-row.ts";
import { refreshed } from "./seen-state.ts";
import { settle } from "./settle.ts";
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
    const held = await announced(context, { id, from, change: HOLDING }, (begun) => ended(context, begun, work));
    // Otherwise somebody was faster, and what there is to do has to be looked at again.
    if (held !== undefined) return held.result;
  }
}

const HOLDING = { action: "snapshot", by: "owner", reason: null } as const;

async function ended<T>(
  context: DomainContext,
  row: SandboxRow,
  work: (row: SandboxRow) => Promise<T>,
): Promise<{ readonly result: T }> {
  const [end] = await Promise.allSettled([work(row)]);
  // What fails here is left announced, and settled by whoever looks at the sandbox next.
  await settle(context, row).catch((failure: unknown) => {
    context.logger.warn({ err: failure, sandboxId: row.id }, "a sandbox could not be let go on after a snapshot");
  });
  if (end.status === "rejected") throw end.reason;
  return { result: end.value };
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
