import { formatDuration } from "../../base/quantities.ts";
import type { BatchEvent, BatchJobStatus, BatchSummary } from "../../contracts/types.ts";
import { table, type TableLayout } from "../output/table.ts";
import { durationCell, NOTHING } from "../views/cells.ts";

/** What the summary needs of a job that has ended; its output may be large, and is not kept. */
export type BatchRow = {
  readonly index: number;
  readonly name: string;
  readonly status: BatchJobStatus;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly workspace: string;
  readonly runId: string | null;
};

const HASH_DIGITS = 8;
const HASH_PREFIX = "sha256:".length;

export function batchRow(ended: Extract<BatchEvent, { type: "ended" }>): BatchRow {
  const { index, name, status, runId, result } = ended;
  const { exitCode = null, durationMs = null } = result ?? {};
  return { index, name, status, exitCode, durationMs, workspace: workspaceCell(ended), runId };
}

/** One row for each job, in the order of the file. */
export function batchTable(rows: readonly BatchRow[], layout: TableLayout): string {
  const columns = [
    { header: "JOB", whole: true },
    { header: "STATUS", whole: true },
    { header: "EXIT", align: "right" as const },
    { header: "TIME", align: "right" as const },
    { header: "RUN", whole: true },
    { header: "WORKSPACE" },
  ];
  const cells = rows
    .toSorted((a, b) => a.index - b.index)
    .map(({ name, status, exitCode, durationMs, workspace, runId }) => [
      name,
      status,
      exitCode === null ? NOTHING : String(exitCode),
      durationCell(durationMs),
      runId ?? NOTHING,
      workspace,
    ]);
  return table(columns, cells, layout);
}

const HOW: Readonly<Record<Exclude<BatchJobStatus, "succeeded">, string>> = {
  failed: "failed",
  timed_out: "reached the deadline",
  interrupted: "ended unseen",
  error: "could not be run",
  canceled: "canceled",
  skipped: "skipped",
};
const OTHERS = ["failed", "timed_out", "interrupted", "error", "canceled", "skipped"] as const;

/** `5 of 6 jobs succeeded in 2.1 s; 1 failed.` */
export function summarySentence({ total, counts, durationMs }: BatchSummary): string {
  const others = OTHERS.filter((status) => counts[status] > 0).map((status) => `${counts[status]} ${HOW[status]}`);
  const jobs = total === 1 ? "job" : "jobs";
  const head = `${counts.succeeded} of ${total} ${jobs} succeeded in ${formatDuration(durationMs)}`;
  return others.length === 0 ? `${head}.` : `${head}; ${others.join(", ")}.`;
}

/** By its hashes, as the receipt has them: the first digits of both, or that nothing was changed. */
function workspaceCell({ workspaceBefore, workspaceAfter }: Extract<BatchEvent, { type: "ended" }>): string {
  if (workspaceBefore === null || workspaceAfter === null) return NOTHING;
  if (workspaceBefore === workspaceAfter) return "unchanged";
  return `${shortHash(workspaceBefore)} → ${shortHash(workspaceAfter)}`;
}

function shortHash(hash: string): string {
  return hash.slice(HASH_PREFIX, HASH_PREFIX + HASH_DIGITS);
}
