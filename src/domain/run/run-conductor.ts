import { Channel } from "../../base/channel.ts";
import { isoTime } from "../../base/clock.ts";
import { canceled } from "../../base/deadline.ts";
import { asMoorageError, type MoorageError } from "../../base/errors.ts";
import type { RunEvent } from "../../contracts/types.ts";
import type { EngineRun, OutputChunk } from "../../engine/engine.ts";
import type { RunRow } from "../../store/store.ts";
import type { Call, DomainContext, Principal } from "../context.ts";
import { recordReceipt, type ReceiptSource } from "../receipt/record-receipt.ts";
import { OutputRecord } from "./output-record.ts";
import { endedRow, openRow } from "./run-row.ts";
import { runResult } from "./run-views.ts";
import type { Finished, RunPlan } from "./run-plan.ts";
import { supervise, type Ending } from "./supervisor.ts";
import { TextChunks } from "./text-chunks.ts";

const CHANNEL_BYTES = 1024 * 1024;

type Conduct = {
  readonly context: DomainContext;
  readonly principal: Principal;
  readonly events: Channel<RunEvent>;
  readonly signal: AbortSignal;
};

/** Prepares the plan of a run; progress and warnings may be told meanwhile. */
export type Prepare = (tell: (event: RunEvent) => Promise<void>, signal: AbortSignal) => Promise<RunPlan>;

/**
 * Runs a plan to its end and tells what happens. The run goes on without the reader's help: it is ended and recorded
 * even when nobody reads. A reader that leaves, or a caller that aborts, cancels it.
 */
export async function* conductRun(call: Call, prepare: Prepare): AsyncGenerator<RunEvent> {
  const { context, principal } = call;
  const leaving = new AbortController();
  const events = new Channel<RunEvent>(CHANNEL_BYTES, () => leaving.abort());
  const signal = AbortSignal.any([leaving.signal, ...(call.signal === undefined ? [] : [call.signal])]);
  const conducted = conduct({ context, principal, events, signal }, prepare).then(
    () => events.close(),
    (error: unknown) => events.close(asMoorageError(error)),
  );
  try {
    yield* events;
  } finally {
    await conducted;
  }
}

async function conduct(run: Conduct, prepare: Prepare): Promise<void> {
  const { context, principal, events, signal } = run;
  for (const message of context.warnings) await events.push({ type: "warning", message });
  const plan = await prepare((event) => events.push(event), signal);
  const begunAt = context.clock.now();
  const row = openRow(plan, { principal, context, startedAt: isoTime(begunAt) });
  await context.store.runs.insert(row);
  const engineRun = await started(run, plan);
  const startedAt = context.clock.monotonic();
  const { id: runId, sandboxId, engine, isolation } = row;
  await events.push({ type: "started", runId, sandboxId, engine, isolation });
  const records = {
    stdout: new OutputRecord(context.policy.recordBytes),
    stderr: new OutputRecord(context.policy.recordBytes),
  };
  const { ending, failure } = await watched(run, { plan, engineRun, records });
  const durationMs = Math.round(context.clock.monotonic() - startedAt);
  const after = await finished(context, plan, ending.unitStopped);
  const recorded = await record(context, {
    row: endedRow(row, { ending, records, durationMs, warnings: after.warnings }),
    keyId: principal.keyId,
    workspaceAfter: after.workspaceAfter,
  });
  await plan.dispose();
  if (failure !== undefined) throw failure;
  if (ending.cause === "canceled") throw canceled(signal.reason);
  await events.push({ type: "result", result: runResult(recorded) });
}

/** A run that could not start leaves no record: nothing has happened. */
async function started({ context, signal }: Conduct, plan: RunPlan): Promise<EngineRun> {
  try {
    if (signal.aborted) throw canceled(signal.reason);
    return await plan.start(signal);
  } catch (error) {
    await finished(context, plan, false);
    await plan.dispose();
    await context.store.runs.remove(plan.runId);
    throw error;
  }
}

/** What goes wrong after a run must not take its result away: it is told beside it. */
async function finished({ logger }: DomainContext, plan: RunPlan, unitStopped: boolean): Promise<Finished> {
  try {
    return await plan.finish(unitStopped);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn({ runId: plan.runId, err: error }, "a run could not be finished");
    return { workspaceAfter: null, warnings: [`The workspace could not be given back or measured: ${reason}.`] };
  }
}

type Watching = { readonly plan: RunPlan; readonly engineRun: EngineRun; readonly records: Records };

/** When the engine fails in the middle, the run counts as interrupted and the failure is told after it is recorded. */
async function watched(
  { context, events, signal }: Conduct,
  { plan, engineRun, records }: Watching,
): Promise<{ readonly ending: Ending; readonly failure?: MoorageError }> {
  const { timeoutMs: deadlineMs } = plan.limits;
  const terms = { deadlineMs, graceMs: context.policy.graceMs, signal, onEnding: () => events.release() };
  const [ending, pumped] = await Promise.allSettled([
    supervise(engineRun, terms),
    pump(engineRun.output, records, events),
  ]);
  if (ending.status === "fulfilled" && pumped.status === "fulfilled") return { ending: ending.value };
  const failed = ending.status === "rejected" ? ending : pumped;
  return { ending: LOST, failure: asMoorageError(failed.status === "rejected" ? failed.reason : undefined) };
}

const LOST: Ending = {
  exit: { exitCode: null, signal: null, oomKilled: false, peakMemoryBytes: null },
  cause: undefined,
  signal: null,
  unitStopped: true,
};

async function record(context: DomainContext, source: ReceiptSource): Promise<RunRow> {
  const receipt = await recordReceipt(context, source);
  const row: RunRow = { ...source.row, receiptId: receipt.id };
  const { id: runId, kind, sandboxId, status, durationMs } = row;
  context.logger.info({ operation: kind, runId, sandboxId, status, durationMs }, "run ended");
  return row;
}

type Records = { readonly stdout: OutputRecord; readonly stderr: OutputRecord };

/** Every chunk is counted and recorded; the reader gets it too, as fast as it reads. */
async function pump(output: AsyncIterable<OutputChunk>, records: Records, events: Channel<RunEvent>): Promise<void> {
  const texts = { stdout: new TextChunks(), stderr: new TextChunks() };
  for await (const { stream, data } of output) {
    records[stream].add(data);
    const text = texts[stream].next(data);
    if (text !== undefined) await events.push({ type: stream, ...text }, data.length);
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const text = texts[stream].end();
    if (text !== undefined) await events.push({ type: stream, ...text }, 3);
  }
}
