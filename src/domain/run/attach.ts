import type { RunEvent } from "../../contracts/types.ts";
import type { LogFrame } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { endOf, followLog } from "./log/follow-log.ts";
import { lengthOf, logEnd, refuseBeyond } from "./log/read-log.ts";
import { runResult } from "./run-views.ts";
import { findRun } from "./runs.ts";
import { textChunk } from "./text-chunks.ts";

type Attaching = { readonly runId: string; readonly offset?: number | undefined };

/** Tells what a run printed and prints, from its log, to any number of readers at their own pace. */
export async function* attachRun(call: Call, { runId, offset = 0 }: Attaching): AsyncGenerator<RunEvent> {
  const row = await findRun(call, runId);
  refuseBeyond(call.context, row, offset);
  const { sandboxId, engine, isolation } = row;
  yield { type: "started", runId, sandboxId, engine, isolation };
  let next = offset;
  for await (const frame of followLog(call, runId, offset)) {
    next = frame.offset + lengthOf(frame);
    yield eventOf(frame);
  }
  const ended = await endOf(call, runId);
  const missing = logEnd(call.context, ended) - next;
  if (Number.isFinite(missing) && missing > 0) yield { type: "gap", offset: next, bytes: missing };
  yield { type: "result", result: runResult(ended) };
}

function eventOf(frame: LogFrame): RunEvent {
  if (frame.type === "gap") return { type: "gap", offset: frame.offset, bytes: frame.bytes };
  return { type: frame.stream, offset: frame.offset, ...textChunk(frame.data) };
}
