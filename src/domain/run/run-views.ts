import type { Run, RunRecord, RunResult } from "../../contracts/types.ts";
import type { RunRow, RunSummary } from "../../store/store.ts";
import { recordText } from "./text-chunks.ts";

/** A run for lists: without its output. */
export function runView(row: RunSummary): Run {
  return {
    runId: row.id,
    kind: row.kind,
    sandboxId: row.sandboxId,
    agentId: row.agentId,
    command: [...row.command],
    status: row.status,
    exitCode: row.exitCode,
    stdoutBytes: row.stdoutBytes,
    stderrBytes: row.stderrBytes,
    truncated: row.truncated,
    timedOut: row.timedOut,
    oomKilled: row.oomKilled,
    signal: row.signal,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    engine: row.engine,
    isolation: row.isolation,
    imageDigest: row.imageDigest,
    profile: row.profile,
    limits: row.limits,
    network: row.network,
    runtime: row.runtime,
    peakMemoryBytes: row.peakMemoryBytes,
    receiptId: row.receiptId,
    warnings: [...row.warnings],
    reason: row.reason,
  };
}

export function runRecord(row: RunRow): RunRecord {
  return { ...runView(row), stdout: recordText(row.stdout).text, stderr: recordText(row.stderr).text };
}

/** What the caller of the run gets. */
export function runResult(row: RunRow): RunResult {
  const { kind: _kind, command: _command, agentId: _agentId, ...run } = runView(row);
  const stdout = recordText(row.stdout);
  const stderr = recordText(row.stderr);
  return {
    ...run,
    stdout: stdout.text,
    stderr: stderr.text,
    ...(stdout.base64 === undefined ? {} : { stdoutBase64: stdout.base64 }),
    ...(stderr.base64 === undefined ? {} : { stderrBase64: stderr.base64 }),
  };
}
