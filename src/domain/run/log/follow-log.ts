import { canceled, orAborted, sleep } from "../../../base/deadline.ts";
import type { LogFrame, RunRow } from "../../../store/store.ts";
import type { Call } from "../../context.ts";
import { findRun } from "../runs.ts";

/** Pause between looks at a run that another process watches. */
const LOOK_MS = 200;

/** What a run prints from an offset of its log on, until it has ended. CANCELED when the caller leaves. */
export async function* followLog(call: Call, runId: string, offset: number): AsyncGenerator<LogFrame> {
  const { context, signal } = call;
  await using reader = context.logs.read(runId, offset);
  for (;;) {
    // Asked for before the log is read to its end, so that nothing that comes meanwhile is missed.
    const change = context.live.find(runId)?.change;
    const ended = await hasEnded(call, runId);
    for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
      yield frame;
      if (signal?.aborted) throw canceled(signal.reason);
    }
    if (ended) return;
    await (change === undefined ? sleep(LOOK_MS, signal) : orAborted(change, signal));
    if (signal?.aborted) throw canceled(signal.reason);
  }
}

/** The run's record once it has ended. CANCELED when the caller leaves before. */
export async function endOf(call: Call, runId: string): Promise<RunRow> {
  const { context, signal } = call;
  for (;;) {
    const live = context.live.find(runId);
    const row = await findRun(call, runId);
    if (live === undefined && row.status !== "running") return row;
    await (live === undefined ? sleep(LOOK_MS, signal) : orAborted(live.ended, signal));
    if (signal?.aborted) throw canceled(signal.reason);
  }
}

async function hasEnded(call: Call, runId: string): Promise<boolean> {
  if (call.context.live.find(runId) !== undefined) return false;
  return (await findRun(call, runId)).status !== "running";
}
