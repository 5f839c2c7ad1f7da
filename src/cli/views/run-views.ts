import { z } from "zod";
import { page } from "../../contracts/primitives.ts";
import { Run, RunInputTaken, RunLog, RunRecord, RunWaited } from "../../contracts/run.ts";
import type { Run as RunView, RunLog as Log } from "../../contracts/types.ts";
import { keyValues } from "../output/key-values.ts";
import { table } from "../output/table.ts";
import { truncate } from "../output/text.ts";
import { bytesCell, commandCell, durationCell, limitsCell, NOTHING, timeCell } from "./cells.ts";
import { isFiltered, view, type Shown } from "./view.ts";

/** In a list, also where nobody shortens: one long script would push what stands behind it out of sight. */
const LONGEST_COMMAND = 80;
const FILTERS = ["sandbox", "status", "kind", "agent"];

export const runList = view(page(Run), ({ items }, layout, asked) => {
  if (items.length === 0) {
    const filtered = isFiltered(asked, FILTERS);
    return { note: filtered ? "no run matches the filter; `moorage runs ls` alone lists all." : "no runs yet." };
  }
  const columns = [
    { header: "RUN", whole: true },
    { header: "STATUS", whole: true },
    { header: "EXIT", align: "right" as const },
    { header: "KIND" },
    { header: "DURATION", align: "right" as const },
    { header: "COMMAND" },
    { header: "STARTED" },
  ];
  const rows = items.map((run) => [
    run.runId,
    run.status,
    run.exitCode === null ? NOTHING : String(run.exitCode),
    kindCell(run),
    durationCell(run.durationMs),
    truncate(commandCell(run.command), LONGEST_COMMAND),
    timeCell(run.startedAt),
  ]);
  return { out: table(columns, rows, layout) };
});

/** `exec`, `job`, or `agent` with its id. */
function kindCell({ kind, agentId }: Pick<RunView, "kind" | "agentId">): string {
  return agentId === null ? kind : `${kind} ${agentId}`;
}

export const runDetails = view(RunRecord, (run, layout) => ({
  out: keyValues(
    [
      ["Id", run.runId],
      ["Kind", kindCell(run)],
      ["Sandbox", run.sandboxId],
      ["Command", commandCell(run.command)],
      ["Status", run.oomKilled ? `${run.status}: out of memory` : run.status],
      ["Reason", run.reason ?? NOTHING],
      ["Exit code", run.exitCode === null ? NOTHING : String(run.exitCode)],
      ["Signal", run.signal ?? NOTHING],
      ["Started", timeCell(run.startedAt)],
      ["Duration", durationCell(run.durationMs)],
      ...(run.peakMemoryBytes === null ? [] : [["Peak memory", bytesCell(run.peakMemoryBytes)] as const]),
      ["Printed", `${run.stdoutBytes} bytes on stdout, ${run.stderrBytes} on stderr`],
      ["Image", run.imageDigest ?? NOTHING],
      ["Engine", `${run.engine} (isolation: ${run.isolation})`],
      ["Limits", limitsCell(run.limits)],
      ["Network", run.network],
      ["Receipt", run.receiptId ?? NOTHING],
    ],
    layout,
  ),
  ...(run.warnings.length === 0 ? {} : { note: run.warnings.join(" ") }),
}));

export const runLog = view(RunLog, (log) => ({
  out: printed(log, "stdout"),
  err: printed(log, "stderr"),
  ...noteOn(log),
}));

export const runRemoved = view(z.object({ runId: z.string() }), ({ runId }) => ({ success: `Removed run ${runId}.` }));

export const runWaited = view(RunWaited, ({ ok, reason, line, status, exitCode }) => {
  if (reason === "matched") return { out: `${line ?? ""}\n` };
  if (reason === "listening") return { success: "The port listens." };
  if (reason === "timeout") return { note: "it has not come in time; the run goes on." };
  const end = `${status}${exitCode === null ? "" : ` with code ${exitCode}`}`;
  return ok ? { success: `The run is over: ${end}.` } : { note: `the run ended before that came: ${end}.` };
});

export const runInputTaken = view(RunInputTaken, ({ nextOffset, closed }) => ({
  success: `${nextOffset} bytes taken${closed ? "; the input is closed" : ""}.`,
}));

export const runKilled = view(Run, ({ runId, status }) => ({ success: `Run ${runId} is over: ${status}.` }));

export const runSignaled = view(z.object({ runId: z.string(), signal: z.string() }), ({ runId, signal }) => ({
  success: `Sent ${signal} to run ${runId}.`,
}));

export const runDetached = view(Run, ({ runId }) => ({ success: `Run ${runId} goes on without its caller.` }));

function printed({ items }: Log, stream: "stdout" | "stderr"): Uint8Array {
  return Buffer.concat(
    items.map((item) =>
      item.type !== "gap" && item.type === stream ? Buffer.from(item.data, item.encoding) : Buffer.of(),
    ),
  );
}

function noteOn({ runId, status, items, nextOffset, complete }: Log): Shown {
  const missing = items.reduce((sum, item) => sum + (item.type === "gap" ? item.bytes : 0), 0);
  const notes = [
    ...(missing > 0 ? [`${missing} bytes of this output were not kept.`] : []),
    ...(complete ? [] : [rest(runId, status, nextOffset)]),
  ];
  return notes.length === 0 ? {} : { note: notes.join(" ") };
}

function rest(runId: string, status: Log["status"], nextOffset: number): string {
  if (status === "running")
    return `the run goes on; follow it with \`moorage runs attach ${runId} --offset ${nextOffset}\`.`;
  return `there is more: \`moorage runs logs ${runId} --offset ${nextOffset}\`.`;
}
