import type { MoorageError } from "../../base/errors.ts";
import type { RunRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import type { RunLife } from "./live/run-life.ts";
import type { RunPlan } from "./run-plan.ts";
import type { Ending } from "./supervisor.ts";

/** Of a run whose end nobody has seen: its engine has failed under it. */
export const UNSEEN: Ending = {
  exit: { exitCode: null, signal: null, oomKilled: false, peakMemoryBytes: null },
  cause: undefined,
  signal: null,
  unitStopped: null,
};

export type Seen = {
  readonly ending: Ending;
  /** What went wrong on the engine meanwhile. */
  readonly failure: MoorageError | undefined;
};

export type Judged = Seen & {
  /** Of a run that did not end by itself: why, and by whom. */
  readonly reason: string | null;
};

/**
 * What the end of a run means. One that others have ended with its sandbox or its session is canceled, whatever its
 * code; one whose end nobody saw counts as interrupted, and the failure is told after it is recorded.
 */
export async function judged(
  { store }: DomainContext,
  { row, plan, life }: { readonly row: RunRow; readonly plan: RunPlan; readonly life: RunLife },
  seen: Seen,
): Promise<Judged> {
  const { cause, exit, unitStopped } = seen.ending;
  if (cause === "deadline") {
    const reached = `The deadline of ${plan.limits.timeoutMs / 1000} s was reached`;
    return { ...seen, reason: `${reached}; ${plan.extent(unitStopped === true)}.` };
  }
  if (cause === "canceled") return { ...seen, reason: life.reason };
  // The code of a program that came to its own end, also while others were about to end it.
  if (exit.exitCode === 0) return { ...seen, reason: null };
  const { reason = null } = (await store.runs.find(row.owner, row.id)) ?? {};
  if (reason === null) return { ...seen, reason };
  return { ending: { ...seen.ending, cause: "canceled" }, failure: undefined, reason };
}
