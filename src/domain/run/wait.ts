import { deadlineSignal, sleep, throwIfCanceled } from "../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { RunWait, RunWaited } from "../../contracts/types.ts";
import type { UnitPorts } from "../../engine/engine.ts";
import { onEngine } from "../on-engine.ts";
import { textSearch, type TextSearch } from "../text-search.ts";
import type { Call } from "../context.ts";
import { endOf, followLog } from "./log/follow-log.ts";
import { Lines } from "./log/lines.ts";
import { findRun } from "./runs.ts";

const DEFAULT_WAIT_MS = 30_000;
/** Between looks at a port. */
const LOOK_MS = 250;

type Reached = Pick<RunWaited, "ok" | "reason" | "line">;

/** Waits for the end of a run or for a line that it prints; a wait that is over says so, and ends nothing. */
export async function waitForRun(call: Call, { runId, pattern, port, timeoutMs }: RunWait): Promise<RunWaited> {
  if (pattern !== undefined && port !== undefined) {
    throw new MoorageError("INVALID_INPUT", "run.wait: expected either a pattern or a port, got both.");
  }
  const search = pattern === undefined ? undefined : await textSearch(pattern);
  await findRun(call, runId);
  const waiting = { ...call, signal: deadlineSignal(timeoutMs ?? DEFAULT_WAIT_MS, call.signal) };
  const reaching =
    search !== undefined
      ? line(waiting, runId, search)
      : port === undefined
        ? end(waiting, runId)
        : listening(waiting, runId, port);
  const reached = await untilDeadline(call, reaching);
  const { status, exitCode } = await findRun(call, runId);
  return { runId, ...reached, status, exitCode };
}

async function end(call: Call, runId: string): Promise<Reached> {
  await endOf(call, runId);
  return { ok: true, reason: "ended", line: null };
}

async function line(call: Call, runId: string, search: TextSearch): Promise<Reached> {
  const lines = { stdout: new Lines(), stderr: new Lines() };
  for await (const frame of followLog(call, runId, 0)) {
    if (frame.type === "gap") continue;
    const match = lines[frame.stream].next(frame.data).find((text) => search(text) !== undefined);
    if (match !== undefined) return { ok: true, reason: "matched", line: match };
  }
  const match = [lines.stdout.rest, lines.stderr.rest].find((text) => text !== "" && search(text) !== undefined);
  if (match !== undefined) return { ok: true, reason: "matched", line: match };
  return { ok: false, reason: "ended", line: null };
}

async function listening(call: Call, runId: string, port: number): Promise<Reached> {
  const { signal } = call;
  const context = await onEngine(call.context, (await findRun(call, runId)).engine);
  const { ports, name } = context.engine;
  if (ports === undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The ${name} engine cannot tell which ports listen.`);
  }
  for (;;) {
    const { status, sandboxId } = await findRun(call, runId);
    if (status !== "running") return { ok: false, reason: "ended", line: null };
    if (await isListening({ ...call, context }, ports, { sandboxId, port }))
      return { ok: true, reason: "listening", line: null };
    await sleep(LOOK_MS, signal);
    throwIfCanceled(signal);
  }
}

type Place = { readonly sandboxId: string; readonly port: number };

async function isListening({ context, signal }: Call, ports: UnitPorts, { sandboxId, port }: Place): Promise<boolean> {
  try {
    return await ports.listens(sandboxId, port, signal);
  } catch (error) {
    // A sandbox that stops at this moment ends its runs, and what the run's record says of that tells more.
    const unit = await context.engine.inspect(sandboxId, signal);
    if (unit === undefined || unit.state === "exited") return false;
    throw error;
  }
}

/** The wait's own deadline is an answer; its caller's leaving is none. */
async function untilDeadline(call: Call, waiting: Promise<Reached>): Promise<Reached> {
  try {
    return await waiting;
  } catch (error) {
    const over = isMoorageError(error) && error.code === "CANCELED" && call.signal?.aborted !== true;
    if (!over) throw error;
    return { ok: false, reason: "timeout", line: null };
  }
}
