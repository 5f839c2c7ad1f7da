import { Channel } from "../../base/channel.ts";
import { isoTime } from "../../base/clock.ts";
import { canceled } from "../../base/deadline.ts";
import { asMoorageError, isMoorageError, type MoorageError } from "../../base/errors.ts";
import type { RunEvent } from "../../contracts/types.ts";
import type { EngineRun } from "../../engine/engine.ts";
import type { RunRow } from "../../store/store.ts";
import type { Call, DomainContext, Principal } from "../context.ts";
import { watchDisk } from "../disk/watch-disk.ts";
import { whenLetGo } from "../sandbox/hold-sandbox.ts";
import { closeRun, finished } from "./close-run.ts";
import type { LiveRun } from "./live/live-run.ts";
import { RunLife } from "./live/run-life.ts";
import { RunOutput } from "./run-output.ts";
import { openRow } from "./run-row.ts";
import { UNSEEN, type Seen } from "./run-verdict.ts";
import { runResult } from "./run-views.ts";
import type { RunPlan } from "./run-plan.ts";
import { supervise, type Ending } from "./supervisor.ts";

const CHANNEL_BYTES = 1024 * 1024;

type Conduct = {
  readonly context: DomainContext;
  readonly principal: Principal;
  readonly events: Channel<RunEvent>;
  readonly life: RunLife;
  readonly background?: boolean;
};

/** Prepares the plan of a run; progress and warnings may be told meanwhile. */
export type Prepare = (tell: (event: RunEvent) => Promise<void>, signal: AbortSignal) => Promise<RunPlan>;

type Manner = {
  /** Detached as soon as it has started. @default false */
  readonly background?: boolean;
};

/**
 * Runs a plan to its end and tells what happens. The run goes on without the reader's help: it is ended and recorded
 * even when nobody reads. A reader that leaves, or a caller that aborts, cancels it, unless it was detached: then its
 * last event is a result that says `running`.
 */
export async function* conductRun(call: Call, prepare: Prepare, manner: Manner = {}): AsyncGenerator<RunEvent> {
  const { context, principal } = call;
  const life = new RunLife(call.signal);
  const events = new Channel<RunEvent>(CHANNEL_BYTES, () => life.leave());
  const conducted = conduct({ context, principal, events, life, ...manner }, prepare).then(
    () => events.close(),
    (error: unknown) => {
      if (life.detached) context.logger.info({ err: error }, "a detached run was ended");
      events.close(asMoorageError(error));
    },
  );
  try {
    yield* events;
  } finally {
    await Promise.race([conducted, life.whenDetached]);
  }
}

async function conduct(run: Conduct, prepare: Prepare): Promise<void> {
  const { context, principal, events, life } = run;
  for (const message of context.warnings) await events.push({ type: "warning", message });
  const plan = await prepare(async (event) => void (await events.push(event)), life.signal);
  await using _disk = await watchDisk(context, plan, life);
  const row = openRow(plan, { principal, context, startedAt: isoTime(context.clock.now()) });
  await context.store.runs.insert(row);
  let isNoted = false;
  // A run that could not be found again after a crash of ours does not begin, or go on.
  const note = async (handle: string): Promise<void> => {
    await context.store.runs.setStarted(row.id, { handle, startedMs: context.clock.monotonic() });
    isNoted = true;
  };
  const engineRun = await started(run, plan, note);
  const live = context.live.add({
    runId: plan.runId,
    life,
    engineRun,
    logs: context.logs,
    stdin: plan.stdin,
    release: () => events.release(),
  });
  try {
    if (!isNoted) await note(engineRun.handle).catch((error: unknown) => life.cancel(error));
    await conductLive(run, { plan, row, live });
  } finally {
    context.live.remove(live);
  }
}

type Running = { readonly plan: RunPlan; readonly row: RunRow; readonly live: LiveRun };

async function conductLive(run: Conduct, running: Running): Promise<void> {
  const { context, principal, events, life } = run;
  const { plan, row, live } = running;
  const startedAt = context.clock.monotonic();
  const { id: runId, sandboxId, engine, isolation } = row;
  await events.push({ type: "started", runId, sandboxId, engine, isolation });
  void life.whenDetached.then(() => leaveReader(events, row));
  if (run.background === true) life.detach();
  const watched = await watch(run, running);
  const durationMs = Math.round(context.clock.monotonic() - startedAt);
  const { handle } = live.engineRun;
  const closed = await closeRun(context, { ...watched, plan, row, life, handle, durationMs, keyId: principal.keyId });
  const { ending, failure } = closed.judged;
  if (failure !== undefined) throw failure;
  if (life.signal.aborted && ending.cause === "canceled" && !life.killed) throw canceledBy(life);
  await events.push({ type: "result", result: runResult(closed.row) });
}

/** Whoever reads is told that the run goes on, and let go. */
async function leaveReader(events: Channel<RunEvent>, row: RunRow): Promise<void> {
  events.release();
  await events.push({ type: "result", result: runResult(row) });
  events.close();
}

function canceledBy({ signal }: RunLife): MoorageError {
  return isMoorageError(signal.reason) ? signal.reason : canceled(signal.reason);
}

/** A run that could not start leaves no record: nothing has happened. */
async function started(
  { context, life }: Conduct,
  plan: RunPlan,
  onHandle: (handle: string) => Promise<void>,
): Promise<EngineRun> {
  const { signal } = life;
  try {
    if (signal.aborted) throw canceled(signal.reason);
    return await plan.start(signal, onHandle);
  } catch (error) {
    await finished(context, plan, false);
    await context.owed.attempt("what is left of a run that could not start", async () => {
      await plan.dispose();
      await context.store.runs.remove(plan.runId);
    });
    throw life.killed ? canceledBy(life) : error;
  }
}

type Watched = { readonly seen: Seen; readonly output: RunOutput };

async function watch({ context, events, life }: Conduct, { plan, row, live }: Running): Promise<Watched> {
  const { limits } = plan;
  const { recordBytes, graceMs } = context.policy;
  const terms = {
    ...{ deadlineMs: limits.timeoutMs, graceMs, signal: life.signal },
    whenFree: () => whenLetGo(context, row.sandboxId),
    onEnding: live.release,
  };
  await using log = live.log;
  const output = new RunOutput({ recordBytes, log, events, clock: context.clock });
  const [ending, pumped] = await Promise.allSettled([
    supervise(live.engineRun, terms),
    output.pump(live.engineRun.output),
  ]);
  const failed = [ending, pumped].find(({ status }) => status === "rejected");
  if (failed?.status === "rejected")
    return { seen: { ending: UNSEEN, failure: asMoorageError(failed.reason) }, output };
  const told = ending.status === "fulfilled" && !isUntold(ending.value) ? ending.value : UNSEEN;
  return { seen: { ending: told, failure: undefined }, output };
}

/** An engine that was started anew meanwhile knows nothing of a run that may go on. */
function isUntold({ exit, cause }: Ending): boolean {
  return exit.exitCode === null && cause === undefined;
}
