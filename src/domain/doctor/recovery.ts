import type { Finding } from "../../contracts/types.ts";
import type { DomainContext } from "../context.ts";
import { listed, ok, warning } from "./finding.ts";

/** What ended Moorages have left and the last sweep could not clear up. */
export function checkRecovery({ undone }: DomainContext): Finding {
  const check = "system.recovery";
  const left = undone.latest;
  if (left.length === 0) return ok(check, "Nothing that ended Moorages have left waits to be cleared up.");
  const shown = listed(left.map(({ kind, id, message }) => `${kind} ${id} (${message})`));
  const what = `${left.length} ${left.length === 1 ? "thing" : "things"} that ended Moorages have left`;
  const fix = "It is tried again by each sweep; `moorage cleanup` tries now, and tells how it goes.";
  return warning(check, `${what} could not be cleared up yet: ${shown}.`, fix);
}
