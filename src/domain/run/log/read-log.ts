import { isoTime } from "../../../base/clock.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { RunLog } from "../../../contracts/types.ts";
import type { LogFrame, OutputStream, RunSummary } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { findSandbox } from "../../sandbox/sandboxes.ts";
import { textChunk, WholeCharacters } from "../text-chunks.ts";
import { tailStarts } from "./log-tail.ts";

export type LogSelection = {
  readonly offset?: number | undefined;
  readonly tail?: number | undefined;
  readonly stream?: OutputStream | undefined;
  readonly limit?: number | undefined;
};

/** Whose log it is: a run, or what is logged like one. */
export type Logged = Pick<RunSummary, "id" | "status" | "stdoutBytes" | "stderrBytes">;

const DEFAULT_LIMIT = 1024 * 1024;

/** A piece of a run's log, as much as is there now. */
export async function readLog({ context }: Call, row: Logged, selection: LogSelection): Promise<RunLog> {
  const { offset = 0, tail, stream } = selection;
  if (tail !== undefined && selection.offset !== undefined) {
    throw new MoorageError("INVALID_INPUT", "run.logs: expected either an offset or a tail, got both.");
  }
  refuseBeyond(context, row, offset);
  const wants = (frame: LogFrame): boolean => frame.type === "gap" || stream === undefined || frame.stream === stream;
  const limit = selection.limit ?? DEFAULT_LIMIT;
  const piece =
    tail === undefined
      ? await headOf(framesOf(context, row, offset), { offset, limit, wants })
      : await tailOf(() => framesOf(context, row, 0), { tail, limit, wants });
  const { frames, nextOffset, reachedEnd } = piece;
  const complete = row.status !== "running" && reachedEnd;
  return { runId: row.id, status: row.status, items: frames.map(logItem), nextOffset, complete };
}

/** The log of the last run of a sandbox. */
export async function readLastLog(call: Call, ref: string, selection: LogSelection): Promise<RunLog> {
  const { context, principal } = call;
  const { id: sandboxId } = await findSandbox(call, ref);
  const { items } = await context.store.runs.list(principal.owner, { sandboxId }, { limit: 1 });
  const [last] = items;
  if (last !== undefined) return readLog(call, last, selection);
  throw new MoorageError("NOT_FOUND", `The sandbox "${ref}" has had no run yet.`, {
    hint: `Run something in it: \`moorage sandbox exec ${ref} -- COMMAND\`.`,
  });
}

/** Where the log ends, as far as this process knows; infinite for a run that another one watches. */
export function logEnd({ live }: DomainContext, row: Logged): number {
  if (row.status === "running") return live.find(row.id)?.log.end ?? Infinity;
  // Of an interrupted run nobody counted what was printed.
  return row.status === "interrupted" ? Infinity : row.stdoutBytes + row.stderrBytes;
}

/** INVALID_INPUT for an offset behind the end of the log. */
export function refuseBeyond(context: DomainContext, row: Logged, offset: number): void {
  const end = logEnd(context, row);
  if (offset <= end) return;
  throw new MoorageError("INVALID_INPUT", `offset: expected at most ${end}, where the log ends (got ${offset}).`, {
    hint: "Go on from the nextOffset of the read before.",
    details: { end },
  });
}

/** Everything from an offset on that is there now; of an ended run, with a gap for what its log no longer has. */
async function* framesOf(context: DomainContext, row: Logged, offset: number): AsyncGenerator<LogFrame> {
  let next = offset;
  await using reader = context.logs.read(row.id, offset);
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
    next = frame.offset + lengthOf(frame);
    yield frame;
  }
  const missing = row.status === "running" ? 0 : logEnd(context, row) - next;
  if (Number.isFinite(missing) && missing > 0) yield { type: "gap", offset: next, bytes: missing };
}

type Piece = { readonly frames: readonly LogFrame[]; readonly nextOffset: number; readonly reachedEnd: boolean };
type Wants = (frame: LogFrame) => boolean;

type HeadTerms = { readonly offset: number; readonly limit: number; readonly wants: Wants };

async function headOf(all: AsyncIterable<LogFrame>, { offset, limit, wants }: HeadTerms): Promise<Piece> {
  const frames: LogFrame[] = [];
  let nextOffset = offset;
  let room = limit;
  for await (const frame of all) {
    if (wants(frame)) {
      const fitting = fit(frame, room, frames.length === 0);
      if (fitting === undefined) return { frames, nextOffset, reachedEnd: false };
      frames.push(fitting);
      room -= sizeOf(fitting);
      nextOffset = fitting.offset + lengthOf(fitting);
      if (fitting !== frame) return { frames, nextOffset, reachedEnd: false };
    } else nextOffset = frame.offset + lengthOf(frame);
  }
  return { frames, nextOffset, reachedEnd: true };
}

/** What of a frame fits: all, nothing, or, where the answer would be empty without it, its beginning. */
function fit(frame: LogFrame, room: number, isFirst: boolean): LogFrame | undefined {
  if (sizeOf(frame) <= room || frame.type === "gap") return frame;
  if (!isFirst) return undefined;
  const whole = new WholeCharacters().next(frame.data.subarray(0, room));
  return { ...frame, data: whole.length === 0 ? frame.data.subarray(0, room) : whole };
}

type TailTerms = { readonly tail: number; readonly limit: number; readonly wants: Wants };

async function tailOf(read: () => AsyncIterable<LogFrame>, { tail, limit, wants }: TailTerms): Promise<Piece> {
  const starts = await tailStarts(read(), tail);
  const frames: LogFrame[] = [];
  let size = 0;
  let nextOffset = 0;
  for await (const frame of read()) {
    nextOffset = frame.offset + lengthOf(frame);
    const kept = frame.type === "gap" ? undefined : from(frame, starts[frame.stream]);
    if (kept === undefined || !wants(kept)) continue;
    frames.push(kept);
    size += sizeOf(kept);
    while (size > limit && frames.length > 1) size -= sizeOf(frames.shift() ?? kept);
  }
  const [only] = frames;
  const cut = size > limit && only?.type === "output" ? [from(only, only.offset + size - limit) ?? only] : frames;
  return { frames: cut, nextOffset, reachedEnd: true };
}

type Output = Extract<LogFrame, { type: "output" }>;

/** What of a frame lies at or behind an offset. */
function from(frame: Output, start: number): Output | undefined {
  const skipped = Math.max(0, start - frame.offset);
  if (skipped >= frame.data.length) return undefined;
  return { ...frame, offset: frame.offset + skipped, data: frame.data.subarray(skipped) };
}

export function lengthOf(frame: LogFrame): number {
  return frame.type === "gap" ? frame.bytes : frame.data.length;
}

function sizeOf(frame: LogFrame): number {
  return frame.type === "gap" ? 0 : frame.data.length;
}

function logItem(frame: LogFrame): RunLog["items"][number] {
  if (frame.type === "gap") return { type: "gap", offset: frame.offset, bytes: frame.bytes };
  const { stream, offset, time, data } = frame;
  return { type: stream, offset, time: isoTime(time), ...textChunk(data) };
}
