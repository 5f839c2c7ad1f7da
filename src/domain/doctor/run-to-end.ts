import { MoorageError } from "../../base/errors.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import type { JobRun, RunResult } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { runJob } from "../run/job.ts";

const RUN_MS = 20_000;
/** For all that surrounds the run: creating, starting and removing its unit. */
const CALL_MS = 90_000;

/** The result of a job that runs as everybody's does: checked, limited, recorded, with a receipt. */
export async function runToEnd(call: Call, input: JobRun): Promise<RunResult> {
  const { context, signal } = call;
  const timeoutMs = Math.min(input.timeoutMs ?? RUN_MS, context.policy.maxima.timeoutMs);
  const running = deadlineSignal(CALL_MS, signal);
  try {
    for await (const event of runJob({ ...call, signal: running }, { ...input, timeoutMs })) {
      if (event.type === "result") return event.result;
    }
  } catch (error) {
    if (!running.aborted || signal?.aborted === true) throw error;
    throw new MoorageError("ENGINE_TIMEOUT", `A sandbox did not start, run and end within ${CALL_MS / 1000} s.`, {
      cause: error,
    });
  }
  throw new MoorageError("INTERNAL", "A run of doctor ended without a result.");
}
