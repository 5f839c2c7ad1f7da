import { isoTime } from "../../../base/clock.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { ContextRow, ContextView } from "../../../store/store.ts";
import type { Call } from "../../context.ts";

/** The caller's context; NOT_FOUND also when it is somebody else's or has expired. */
export async function findContext(call: Call, id: string): Promise<ContextRow> {
  const row = await call.context.store.contexts.find(viewOf(call), id);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no staged context "${id}"; it may have expired.`, {
    hint: "List yours with `moorage context ls`, or stage it again with `moorage context create`.",
  });
}

/** What the caller sees now. */
export function viewOf({ context, principal }: Call): ContextView {
  return { owner: principal.owner, now: isoTime(context.timers.now()) };
}
