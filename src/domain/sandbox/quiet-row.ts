import { sleep, throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { PendingChange, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { isAbandoned } from "./announced.ts";
import { settle } from "./settle.ts";

/** Longer than a change takes, so that who waits for one hears how it ended. */
const WAIT_MS = 60_000;
const LOOK_MS = 20;

/**
 * The row when no change of it is going on: waits for one that is, settles one that was abandoned. NOT_FOUND when it is
 * gone, CONFLICT when the change takes too long.
 */
export async function quietRow(context: DomainContext, id: string, signal?: AbortSignal): Promise<SandboxRow> {
  const row = await rowAfter(context, { id, signal }, () => true);
  if (row === undefined) throw new MoorageError("NOT_FOUND", `You have no sandbox "${id}".`);
  return row;
}

/** The same of a row that nobody removes any more: another change may be going on. Undefined when it is gone. */
export function rowAfterRemoval(context: DomainContext, id: string, signal?: AbortSignal) {
  return rowAfter(context, { id, signal }, ({ action }) => action === "remove");
}

async function rowAfter(
  context: DomainContext,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal | undefined },
  isAwaited: (pending: PendingChange) => boolean,
): Promise<SandboxRow | undefined> {
  const end = context.clock.monotonic() + WAIT_MS;
  for (;;) {
    throwIfCanceled(signal);
    const row = await context.store.sandboxes.get(id);
    if (row === undefined || row.pending === null || !isAwaited(row.pending)) return row;
    if (isAbandoned(context, row.pending)) await settle(context, row);
    else if (context.clock.monotonic() > end) throw busy(row);
    else await sleep(LOOK_MS, signal);
  }
}

function busy(row: SandboxRow): MoorageError {
  const name = row.name ?? row.id;
  const message = `Sandbox "${name}" is busy: its "${row.pending?.action}" has not ended within ${WAIT_MS} ms.`;
  return new MoorageError("CONFLICT", message, { hint: `See what it is doing with \`moorage sandbox get ${name}\`.` });
}
