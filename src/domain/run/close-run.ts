import type { RunRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { recordReceipt, type ReceiptSource } from "../receipt/record-receipt.ts";
import type { RunLife } from "./live/run-life.ts";
import type { RunOutput } from "./run-output.ts";
import type { Finished, FoundEnd, RunPlan } from "./run-plan.ts";
import { endedRow } from "./run-row.ts";
import { judged, type Judged, type Seen } from "./run-verdict.ts";

/** Told of a run that was still there when somebody came to look for it. */
export const ENDED_LATER = "It still ran when it was found, and was ended then.";

/** What is known of a run once nobody watches it any more. */
export type Unclosed = {
  readonly plan: RunPlan;
  readonly row: RunRow;
  readonly life: RunLife;
  /** Its engine's, for what may be left of it. */
  readonly handle: string;
  readonly seen: Seen;
  readonly output: RunOutput;
  readonly durationMs: number;
  readonly keyId: string | null;
};

export type Closed = { readonly row: RunRow; readonly judged: Judged };

/**
 * Ends what may be left of a run, records it, and lets go of what it has on the engine. Whatever of that cannot be done
 * now is owed; until it is recorded the run stays open in the registry, and nobody is told a result.
 */
export async function closeRun(context: DomainContext, run: Unclosed): Promise<Closed> {
  const { plan, seen } = run;
  let closed: Closed | undefined;
  const close = closing(context, run);
  const failure = await context.owed.attempt("the record of a run", async () => {
    closed ??= await close();
    await plan.dispose();
  });
  if (closed === undefined) throw seen.failure ?? failure ?? new TypeError("The run has no record.");
  if (failure === undefined) return closed;
  const warning = `What the run had on the engine could not be removed yet: ${failure.message}`;
  return { ...closed, row: { ...closed.row, warnings: [...closed.row.warnings, warning] } };
}

/** May be called again where it has failed: what it has done by then is not done twice. */
function closing(context: DomainContext, run: Unclosed): () => Promise<Closed> {
  const { plan, row, life, handle, seen, output, keyId } = run;
  const { unitStopped } = seen.ending;
  let found: FoundEnd | undefined;
  let after: Finished | undefined;
  return async () => {
    if (unitStopped === null) found ??= await plan.endUnseen(handle);
    after ??= await finished(context, plan, found?.unitStopped ?? unitStopped === true);
    const judgement = await judged(context, { row, plan, life }, seen);
    const warnings = [...output.warnings(), ...(found?.lived === true ? [ENDED_LATER] : []), ...after.warnings];
    const ended = endedRow(row, {
      ...{ ending: judgement.ending, records: output.records, warnings, reason: judgement.reason },
      durationMs: found === undefined ? run.durationMs : null,
    });
    const { workspaceAfter } = after;
    const outputCounted = found === undefined;
    return { row: await record(context, { row: ended, keyId, workspaceAfter, outputCounted }), judged: judgement };
  };
}

/** What goes wrong after a run must not take its result away: it is told beside it. */
export async function finished({ logger }: DomainContext, plan: RunPlan, unitStopped: boolean): Promise<Finished> {
  try {
    return await plan.finish(unitStopped);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ runId: plan.runId, err: error }, "a run could not be finished");
    return { workspaceAfter: null, warnings: [`The workspace could not be given back or measured: ${reason}.`] };
  }
}

async function record(context: DomainContext, source: ReceiptSource): Promise<RunRow> {
  const receipt = await recordReceipt(context, source);
  const row: RunRow = { ...source.row, receiptId: receipt.id };
  const { id: runId, kind, sandboxId, status, durationMs } = row;
  context.logger.info({ operation: kind, runId, sandboxId, status, durationMs }, "run ended");
  return row;
}
