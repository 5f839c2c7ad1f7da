import { Channel } from "../../base/channel.ts";
import { canceled } from "../../base/deadline.ts";
import { asMoorageError, isMoorageError } from "../../base/errors.ts";
import type { BatchEvent, BatchSummary, JobBatch } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { allowedDirectory } from "../workspace/host-directory.ts";
import { runBatchJob, skipped, type Ended } from "./batch-job.ts";
import { WaitingJobs, type WaitingJob } from "./waiting-jobs.ts";

const CHANNEL_BYTES = 4 * 1024 * 1024;
const MOST_BY_DEFAULT = 64;

/**
 * Runs many jobs, `concurrency` at a time, and tells how each one ended. A reader that leaves, or a caller that aborts,
 * cancels all of them; the operation ends when the last one is gone.
 */
export async function* runBatch(call: Call, input: JobBatch): AsyncGenerator<BatchEvent> {
  const leaving = new AbortController();
  const events = new Channel<BatchEvent>(CHANNEL_BYTES, () => leaving.abort());
  const signal = AbortSignal.any([leaving.signal, ...(call.signal === undefined ? [] : [call.signal])]);
  // Jobs that are being ended must not wait for a reader that has stopped reading.
  signal.addEventListener("abort", () => events.release(), { once: true });
  const conducted = conductBatch({ ...call, signal }, input, events).then(
    () => events.close(),
    (error: unknown) => events.close(asMoorageError(error)),
  );
  try {
    yield* events;
  } finally {
    await conducted;
  }
}

type CallWithSignal = Call & { readonly signal: AbortSignal };

async function conductBatch(call: CallWithSignal, input: JobBatch, events: Channel<BatchEvent>): Promise<void> {
  const { clock, policy } = call.context;
  const startedAt = clock.monotonic();
  const concurrency = input.concurrency ?? Math.min(MOST_BY_DEFAULT, Math.max(1, Math.floor(policy.maxima.cpus)));
  const jobs = new WaitingJobs(await placed(call, input));
  const failing = new AbortController();
  const tally = new Tally();
  const tell = onceForWarnings(events);
  const end = async (ended: Ended): Promise<void> => {
    tally.add(ended);
    await events.push(ended, sizeOf(ended));
  };
  const running = new Set<Promise<void>>();
  const signal = AbortSignal.any([call.signal, failing.signal]);
  const start = async (waiting: WaitingJob): Promise<void> => {
    const ended = await runBatchJob({ ...call, signal }, waiting, tell);
    jobs.done(waiting);
    if (ended.status !== "succeeded" && input.failFast === true) failing.abort();
    await end(ended);
  };
  for (;;) {
    const waiting = running.size < concurrency && !signal.aborted ? jobs.next() : undefined;
    if (waiting !== undefined) {
      const work: Promise<void> = start(waiting).finally(() => running.delete(work));
      running.add(work);
    } else if (running.size > 0) await Promise.race(running);
    else break;
  }
  if (call.signal.aborted) throw canceled(call.signal.reason);
  for (const waiting of jobs.drain()) await end(skipped(waiting));
  const durationMs = Math.round(clock.monotonic() - startedAt);
  await events.push({ type: "summary", summary: tally.summary({ concurrency, durationMs }) });
}

/** The jobs with their directories. One that is not allowed is told by the job itself when it is its turn. */
async function placed({ context }: Call, { jobs }: JobBatch): Promise<readonly WaitingJob[]> {
  const found: WaitingJob[] = [];
  for (const [index, job] of jobs.entries()) {
    const directory = job.workspace === undefined ? undefined : await directoryOf(context, job.workspace);
    found.push({ index, job, directory });
  }
  return found;
}

async function directoryOf(context: Call["context"], given: string): Promise<string | undefined> {
  try {
    return (await allowedDirectory(context, given)).path;
  } catch (error) {
    if (isMoorageError(error)) return undefined;
    throw error;
  }
}

/** Warnings about the engine are the same for every job, so each is told once. */
function onceForWarnings(events: Channel<BatchEvent>): (event: BatchEvent) => Promise<void> {
  const told = new Set<string>();
  return async (event) => {
    if (event.type === "warning") {
      if (told.has(event.message)) return;
      told.add(event.message);
    }
    await events.push(event);
  };
}

class Tally {
  readonly #counts: BatchSummary["counts"] = {
    succeeded: 0,
    failed: 0,
    timed_out: 0,
    interrupted: 0,
    error: 0,
    canceled: 0,
    skipped: 0,
  };

  add({ status }: Ended): void {
    this.#counts[status] += 1;
  }

  summary(measured: Pick<BatchSummary, "concurrency" | "durationMs">): BatchSummary {
    const total = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    return { ok: total === this.#counts.succeeded, total, counts: { ...this.#counts }, ...measured };
  }
}

// A released channel drops what is too large for it: an `ended` event is small beside that, except for its output.
function sizeOf({ result }: Ended): number {
  return result === null ? 0 : result.stdout.length + result.stderr.length;
}
