import { MoorageError } from "../../base/errors.ts";
import { Once } from "../../base/once.ts";
import { BatchEvent } from "../../contracts/batch.ts";
import type { BatchEvent as Event, BatchSummary, RunResult } from "../../contracts/types.ts";
import { exportedLine } from "../commands/tell-events.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";
import { BatchBoard } from "./batch-board.ts";
import { batchRow, batchTable, summarySentence, type BatchRow } from "./batch-table.ts";

const TICK_MS = 1000;

/** Shows a batch while it goes on, then its summary. The exit code says how the worst job ended. */
export async function followBatch(events: AsyncIterable<unknown>, total: number, session: Session): Promise<number> {
  const { ui, globals, io } = session;
  const board = new BatchBoard(total, () => performance.now());
  const rows: BatchRow[] = [];
  let summary: BatchSummary | undefined;
  const show = (): Promise<void> =>
    globals.json || !io.isTerminal ? Promise.resolve() : ui.progress(...board.lines());
  for await (const raw of withTicks(events, show)) {
    if (globals.json) await ui.out(exportedLine(raw));
    // A newer server may send events that this version does not know: they are not for it.
    const event = BatchEvent.safeParse(raw).data;
    if (event === undefined) continue;
    board.note(event);
    if (event.type === "ended") rows.push(batchRow(event));
    if (event.type === "summary") summary = event.summary;
    await tell(event, session);
    await show();
  }
  if (summary === undefined) throw new MoorageError("ENGINE_FAILED", "The batch ended without a summary.");
  if (!globals.json) await ui.out(batchTable(rows, ui.layout));
  await conclude(summary, session);
  return exitCodeOf(summary);
}

/** The stream's items; while none comes, `onTick` is called now and then, never beside the reader. */
async function* withTicks(events: AsyncIterable<unknown>, onTick: () => Promise<void>): AsyncGenerator {
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = new Once(iterator.next());
      while (!(await next.within(TICK_MS))) await onTick();
      const item = await next.promise;
      if (item.done === true) return;
      yield item.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function tell(event: Event, { ui }: Session): Promise<void> {
  if (event.type === "warning") return ui.warning(event.message);
  if (event.type !== "ended") return undefined;
  const { name, error, result } = event;
  if (error !== null) return ui.error(`${name}: ${error.message}`, error.hint);
  if (result !== null && result.status !== "succeeded") return ui.error(`${name}: ${outcome(result)}`);
  for (const warning of result?.warnings ?? []) await ui.warning(`${name}: ${warning}`);
  return undefined;
}

function outcome(result: RunResult): string {
  const { timedOut, oomKilled, exitCode, status, stderr, stdout, limits } = result;
  const last = lastLine(stderr) ?? lastLine(stdout);
  const said = last === undefined ? "." : `; it said last: ${last}`;
  if (timedOut) return `deadline reached after ${(limits.timeoutMs ?? 0) / 1000} s${said}`;
  const memory = oomKilled ? ", after the kernel ended a process for memory" : "";
  return exitCode === null ? `nobody saw how it ended (${status})${said}` : `exit code ${exitCode}${memory}${said}`;
}

const LONGEST_LINE = 200;

function lastLine(output: string): string | undefined {
  const line = output.trimEnd().split("\n").at(-1)?.trim() ?? "";
  if (line === "") return undefined;
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line;
}

async function conclude(summary: BatchSummary, { ui, globals }: Session): Promise<void> {
  if (globals.json) return;
  const sentence = summarySentence(summary);
  if (summary.ok) await ui.success(sentence);
  else await ui.error(sentence, "`moorage runs logs RUN` prints all that a job printed.");
}

/** 125: Moorage could not run or watch a job; 1: a job failed; 124: deadlines are the only failures. */
function exitCodeOf({ ok, counts }: BatchSummary): number {
  if (ok) return EXIT.ok;
  if (counts.error + counts.interrupted > 0) return EXIT.notRun;
  return counts.failed > 0 ? EXIT.failed : EXIT.deadline;
}
