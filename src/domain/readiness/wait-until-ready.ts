import { deadlineSignal, sleep, throwIfCanceled } from "../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { lastWords } from "./last-words.ts";
import { probeOf, type Probe } from "./probe.ts";

const FIRST_LOOK_MS = 10_000;

/**
 * Waits until a started sandbox is ready, as its readiness says; one without is ready at once.
 * @throws SANDBOX_NOT_READY at its deadline, or when its main process ends before: with what is missing and what it
 * printed last.
 */
export async function waitUntilReady(
  { context, signal }: Pick<Call, "context" | "signal">,
  row: SandboxRow,
): Promise<void> {
  const probe = probeOf(context.engine, row);
  if (probe === undefined) return;
  const deadline = deadlineSignal(row.readinessTimeoutMs, signal);
  // The first look may take its time, so that there is something to tell of a deadline that is short.
  let looking = deadlineSignal(Math.max(row.readinessTimeoutMs, FIRST_LOOK_MS), signal);
  let missing = "it could not be looked at";
  for (;;) {
    const seen = await look(probe, looking);
    looking = deadline;
    if (seen === READY) return;
    missing = seen ?? missing;
    await sleep(row.readinessIntervalMs, deadline);
    throwIfCanceled(signal);
    const unit = await context.engine.inspect(row.id, signal);
    if (unit?.state === "exited") {
      const why = `its main process ended with code ${unit.exitCode ?? "unknown"}`;
      throw await notReady({ context, signal }, row, why);
    }
    if (deadline.aborted) {
      throw await notReady({ context, signal }, row, `after ${row.readinessTimeoutMs / 1000} s ${missing}`);
    }
  }
}

const READY = Symbol("ready");

/** What is missing; undefined when the look itself was cut off. */
async function look(probe: Probe, signal: AbortSignal): Promise<string | undefined | typeof READY> {
  try {
    const missing = await probe(signal);
    if (missing === undefined) return READY;
    // A look that was cut off tells less than the one before.
    return signal.aborted ? undefined : missing;
  } catch (error) {
    if (signal.aborted) return undefined;
    // Between two looks it may have ended: the caller sees that, and tells it better.
    if (isMoorageError(error) && error.code === "SANDBOX_NOT_RUNNING") return error.message;
    throw error;
  }
}

async function notReady(
  { context, signal }: Pick<Call, "context" | "signal">,
  row: SandboxRow,
  why: string,
): Promise<MoorageError> {
  const chunks = await context.engine.lastOutput(row.id, signal);
  const lastOutput = lastWords(Buffer.concat(chunks.map(({ data }) => data)).toString());
  const printed = lastOutput === "" ? "It printed nothing." : `It printed last: ${lastOutput}`;
  const message = `The sandbox "${row.name ?? row.id}" was not ready: ${why}. ${printed}`;
  return new MoorageError("SANDBOX_NOT_READY", message, { details: { missing: why, lastOutput } });
}
