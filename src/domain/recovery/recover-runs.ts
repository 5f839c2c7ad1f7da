import { isMoorageError } from "../../base/errors.ts";
import type { OutputChunk, UnitInfo } from "../../engine/engine.ts";
import type { RunStatus } from "../../contracts/types.ts";
import type { RunRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { onEngine } from "../on-engine.ts";
import { recordReceipt, type ReceiptSource } from "../receipt/record-receipt.ts";
import { ENDED_LATER } from "../run/close-run.ts";
import { tellingOthers } from "../run/ending-runs.ts";
import { OutputRecord } from "../run/output-record.ts";
import { DEADLINE_EXIT_CODE, KILLED_EXIT_CODE } from "../run/run-row.ts";
import { noteUnitStopped, UNIT_STOPPED } from "../run/unit-stopped.ts";
import { takeBack } from "../workspace/ownership.ts";
import { treeHash } from "../workspace/tree-hash.ts";
import { Attempts } from "./attempts.ts";
import { recoverWorks } from "./recover-works.ts";

export type RecoveredRun = { readonly runId: string; readonly status: string };

/** A job's own guards end it this long after its deadline at the latest; one that runs longer has got rid of them. */
const GUARD_SLACK_MS = 5000;

/** A clock that is corrected by less than this has not been set. */
const CORRECTION_MS = 30_000;

/** Records lost builds and exports, and lost runs on every engine on which there are some, each as far as it can be reached now. */
export async function recoverAll(context: DomainContext, attempts: Attempts): Promise<readonly RecoveredRun[]> {
  const { store, holders } = context;
  await recoverWorks(context, attempts);
  const lost = (await store.runs.open()).filter((run) => !holders.isAlive(run.holder));
  const recovered: RecoveredRun[] = [];
  for (const name of new Set(lost.map((run) => run.engine))) {
    const found = await attempts.at({ kind: "engine", id: name }, async () =>
      recoverRuns(await onEngine(context, name), attempts),
    );
    recovered.push(...(found ?? []));
  }
  return recovered;
}

/**
 * Records the runs on this engine whose Moorage was ended before them. What is left of a sandbox's run is ended. A job that still runs
 * is left to its own deadline, and a later start records it; one that is past its deadline, or was never started, is
 * ended. One that cannot be recovered stays open, and is tried again.
 */
export async function recoverRuns(
  context: DomainContext,
  attempts = new Attempts(context.logger),
): Promise<readonly RecoveredRun[]> {
  const { store, holders, engine } = context;
  const recovered: RecoveredRun[] = [];
  for (const run of await store.runs.open()) {
    if (run.engine !== engine.name || holders.isAlive(run.holder)) continue;
    const done = await attempts.at({ kind: "run", id: run.id }, () => recoverRun(context, run));
    if (done !== undefined) recovered.push(done);
  }
  return recovered;
}

/** As it is by now: those before it may have taken long, and its holder may have recorded it meanwhile. */
async function stillLost({ store }: DomainContext, seen: RunRow): Promise<RunRow | undefined> {
  const run = await store.runs.find(seen.owner, seen.id);
  return run?.status === "running" && run.holder === seen.holder ? run : undefined;
}

/** Undefined for one that goes on, or whose turn it is not yet. */
async function recoverRun(context: DomainContext, seen: RunRow): Promise<RecoveredRun | undefined> {
  const { store, holders, engine } = context;
  const run = await stillLost(context, seen);
  if (run === undefined) return undefined;
  const unit = run.kind === "exec" ? undefined : await engine.inspect(run.sandboxId);
  if (unit !== undefined && unit.state !== "exited" && !isOverdue(context, run, unit)) return undefined;
  const lived = await endedLost(context, run);
  if (lived === undefined) return undefined;
  const stopped = lived && run.kind === "exec" && (await engine.inspect(run.sandboxId))?.state === "exited";
  if (stopped) await noteUnitStopped(context, run.sandboxId);
  const warnings = [...run.warnings, ...(lived ? [ENDED_LATER] : []), ...(stopped ? [UNIT_STOPPED] : [])];
  // Two starts at once: only one records it. From then on nobody else does.
  if (!(await store.runs.claim(run.id, run.holder, holders.self))) return undefined;
  return recorded(context, { ...run, warnings }, unit);
}

/**
 * Ends what is left of a sandbox's run, and answers whether anything was; undefined while that cannot be done, because
 * the sandbox is paused.
 */
async function endedLost(context: DomainContext, run: RunRow): Promise<boolean | undefined> {
  if (run.kind !== "exec" || run.handle === null) return false;
  try {
    return await context.engine.endLost(run.sandboxId, { handle: run.handle, aroundStop: tellingOthers(context, run) });
  } catch (error) {
    if (isMoorageError(error) && error.code === "SANDBOX_NOT_RUNNING") return undefined;
    throw error;
  }
}

function isOverdue(context: DomainContext, run: RunRow, { startedAt }: UnitInfo): boolean {
  // Whoever made it was ended before it started it, so nobody will.
  if (startedAt === null) return true;
  if (run.limits.timeoutMs === null) return false;
  return ageOf(context, run, startedAt) > run.limits.timeoutMs + GUARD_SLACK_MS;
}

/** By the clock that does not jump, where whoever started it had the same. */
function ageOf({ clock, holders }: DomainContext, { startedMs, holder }: RunRow, startedAt: number): number {
  if (startedMs !== null && holders.sharesClock(holder)) return clock.monotonic() - startedMs;
  return clock.now() - startedAt;
}

/** Records it now or, where that cannot be done, as soon as it can: then the failure is told. */
async function recorded(context: DomainContext, run: RunRow, unit: UnitInfo | undefined): Promise<RecoveredRun> {
  const { engine, logger, owed } = context;
  let ended: Ended | undefined;
  let status: RunStatus | undefined;
  const failure = await owed.attempt("the record of a lost run", async () => {
    ended ??= await endedRun(context, run, unit);
    if (status === undefined) {
      await recordReceipt(context, { ...ended, keyId: run.keyId, outputCounted: false });
      status = ended.row.status;
      logger.warn({ runId: run.id, status }, "recorded a run whose Moorage was ended before it");
    }
    if (run.kind !== "exec") await engine.remove(run.sandboxId);
  });
  if (status === undefined) throw failure ?? new TypeError("The lost run has no record.");
  return { runId: run.id, status };
}

type Ended = Pick<ReceiptSource, "row" | "workspaceAfter">;

async function endedRun(context: DomainContext, run: RunRow, unit: UnitInfo | undefined): Promise<Ended> {
  const { engine, holders } = context;
  // Not every engine keeps what a unit has printed; the run's own log may end a little earlier.
  const shown = unit === undefined ? [] : await engine.lastOutput(unit.id);
  const output = shown.length > 0 ? shown : await loggedOutput(context, run.id);
  // An ended unit stays until its record is safe; one that runs has to end before the workspace is measured.
  if (unit !== undefined && unit.state !== "exited") await engine.remove(unit.id);
  const known = knownReason(run, outcome(context, run, unit));
  const row: RunRow = { ...run, ...known, ...recordedOutput(output), holder: holders.self };
  return { row, workspaceAfter: await afterwards(context, run) };
}

/** Somebody was ending it when its Moorage was ended; a code of 0 is still its own. */
function knownReason({ reason }: RunRow, ended: Partial<RunRow>): Partial<RunRow> {
  if (reason === null) return ended;
  return ended.status === "succeeded" ? { ...ended, reason: null } : { ...ended, status: "canceled" };
}

/** Only what the engine can still show: a unit that ended at or after the deadline ended by it. */
function outcome(context: DomainContext, run: RunRow, unit: UnitInfo | undefined): Partial<RunRow> {
  const warnings = [...run.warnings, "Moorage was ended during this run; it was recorded later."];
  if (unit === undefined || unit.startedAt === null || (unit.state === "exited" && unit.finishedAt === null)) {
    return { status: "interrupted", exitCode: null, warnings };
  }
  const durationMs = durationOf(context, run, { ...unit, startedAt: unit.startedAt });
  if (durationMs === null) warnings.push("The clock was set during this run: how long it took is not known.");
  const late = durationMs !== null && run.limits.timeoutMs !== null && durationMs >= run.limits.timeoutMs;
  // What still ran when it was found was ended for being past its deadline.
  const timedOut = late || unit.state !== "exited";
  if (timedOut) return { status: "timed_out", exitCode: DEADLINE_EXIT_CODE, timedOut, durationMs, warnings };
  const status = unit.exitCode === null ? "interrupted" : unit.exitCode === 0 ? "succeeded" : "failed";
  const oomKilled = unit.oomKilled && unit.exitCode === KILLED_EXIT_CODE;
  return { status, exitCode: unit.exitCode, oomKilled, durationMs, warnings };
}

type Started = UnitInfo & { readonly startedAt: number };

/** By the engine's times; null where the clock that does not jump tells that they are no measure. */
function durationOf({ clock, holders }: DomainContext, run: RunRow, unit: Started): number | null {
  const { startedMs, holder } = run;
  const shared = startedMs !== null && holders.sharesClock(holder);
  const most = shared ? clock.monotonic() - startedMs + CORRECTION_MS : Infinity;
  const measured = (unit.finishedAt ?? clock.now()) - unit.startedAt;
  return measured < 0 || measured > most ? null : Math.round(measured);
}

function recordedOutput(chunks: readonly OutputChunk[]): Partial<RunRow> {
  const of = (stream: OutputChunk["stream"]): Buffer =>
    Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map((chunk) => chunk.data));
  const stdout = of("stdout");
  const stderr = of("stderr");
  // What came after Moorage's end was seen by nobody, so nobody knows how much there was.
  return { stdout, stderr, stdoutBytes: stdout.length, stderrBytes: stderr.length, truncated: true };
}

/** What was printed until Moorage was ended, head and tail of it. */
async function loggedOutput({ logs, policy }: DomainContext, runId: string): Promise<readonly OutputChunk[]> {
  const records = {
    stdout: new OutputRecord(policy.recordBytes),
    stderr: new OutputRecord(policy.recordBytes),
  };
  await using reader = logs.read(runId, 0);
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
    if (frame.type === "output") records[frame.stream].add(frame.data);
  }
  return (["stdout", "stderr"] as const).map((stream) => ({ stream, data: records[stream].bytes() }));
}

async function afterwards(context: DomainContext, run: RunRow): Promise<string | null> {
  if (run.workspacePath === null) return null;
  try {
    const left = run.workspaceHandedOver ? await takeBack({ path: run.workspacePath, kept: new Set() }) : undefined;
    if (left !== undefined) context.logger.warn({ runId: run.id }, left);
  } catch (error) {
    // The directory may be gone by now; the run is recorded all the same.
    context.logger.warn({ runId: run.id, error: String(error) }, "the workspace of a lost run could not be given back");
  }
  return treeHash(run.workspacePath);
}
