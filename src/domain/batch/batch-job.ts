import { asMoorageError, type MoorageError } from "../../base/errors.ts";
import type { BatchEvent, BatchJob, BatchJobStatus, RunReceipt, RunEvent, RunResult } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { runAgent } from "../run/agent.ts";
import { runJob } from "../run/job.ts";
import type { WaitingJob } from "./waiting-jobs.ts";

export type Ended = Extract<BatchEvent, { type: "ended" }>;

type Tell = (event: BatchEvent) => Promise<void>;

/** What is shown for a job. */
function nameOf({ index, job }: WaitingJob): string {
  return job.name ?? job.agentId ?? String(index + 1);
}

/** Runs one job of a batch to its end. Its failure is an answer here: the other jobs are not concerned. */
export async function runBatchJob(call: Call, waiting: WaitingJob, tell: Tell): Promise<Ended> {
  const place = { index: waiting.index, name: nameOf(waiting) };
  let runId: string | null = null;
  let result: RunResult | undefined;
  try {
    await tell({ type: "preparing", ...place });
    for await (const event of eventsOf(call, waiting.job)) {
      if (event.type === "started") runId = event.runId;
      if (event.type === "result") result = event.result;
      const told = retold(event, place);
      if (told !== undefined) await tell(told);
    }
    if (result === undefined) throw new TypeError(`The job ${place.name} ended without a result.`);
    const hashes = await workspaceHashes(call, result.receiptId);
    return { type: "ended", ...place, status: statusOf(result), runId, result, error: null, ...hashes };
  } catch (error) {
    const known = asMoorageError(error);
    if (known.code === "INTERNAL")
      call.context.logger.error({ err: error, runId }, "a job of a batch failed unexpectedly");
    return withoutResult({ ...place, runId }, known);
  }
}

/** A job that was not begun. */
export function skipped(waiting: WaitingJob): Ended {
  return { ...NOTHING, index: waiting.index, name: nameOf(waiting), status: "skipped" };
}

const NOTHING = {
  type: "ended",
  runId: null,
  result: null,
  error: null,
  workspaceBefore: null,
  workspaceAfter: null,
} as const;

function withoutResult(place: Pick<Ended, "index" | "name" | "runId">, error: MoorageError): Ended {
  const { code, message, hint, row } = error;
  if (code === "CANCELED") return { ...NOTHING, ...place, status: "canceled" };
  return { ...NOTHING, ...place, status: "error", error: { code, message, hint, retry: row.retry } };
}

function eventsOf(call: Call, { name, agentId, shell, workspace, ...job }: BatchJob): AsyncIterable<RunEvent> {
  const place = workspace === undefined ? {} : { workspace };
  if (agentId === undefined || workspace === undefined) return runJob(call, { ...job, ...place }, name);
  return runAgent(call, { ...job, agentId, workspace, shell }, name);
}

// What a job prints stays in its record: the reader of a batch wants to know how each one ended.
function retold(event: RunEvent, place: { readonly index: number; readonly name: string }): BatchEvent | undefined {
  switch (event.type) {
    case "warning":
      return event;
    case "progress":
    case "started":
      return { ...event, ...place };
    default:
      return undefined;
  }
}

function statusOf({ status }: RunResult): BatchJobStatus {
  return status === "running" ? "interrupted" : status;
}

async function workspaceHashes({ context, principal }: Call, receiptId: string | null) {
  const receipt = receiptId === null ? undefined : await context.store.receipts.find(principal.owner, receiptId);
  if (receipt === undefined) return { workspaceBefore: null, workspaceAfter: null };
  const { workspaceBefore, workspaceAfter } = JSON.parse(receipt.text) as RunReceipt;
  return { workspaceBefore, workspaceAfter };
}
