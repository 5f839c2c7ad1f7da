import type { RunStatus } from "../../contracts/types.ts";
import type { RunRow } from "../../store/store.ts";
import type { DomainContext, Principal } from "../context.ts";
import type { OutputRecord } from "./output-record.ts";
import type { RunPlan } from "./run-plan.ts";
import type { Ending } from "./supervisor.ts";

/** The code that `timeout(1)` and this field use for a deadline. */
export const DEADLINE_EXIT_CODE = 124;
/** As shells tell an end by KILL. */
export const KILLED_EXIT_CODE = 137;

type Opening = { readonly principal: Principal; readonly context: DomainContext; readonly startedAt: string };

export function openRow(plan: RunPlan, { principal, context, startedAt }: Opening): RunRow {
  const nothing = new Uint8Array();
  return {
    id: plan.runId,
    kind: plan.kind,
    sandboxId: plan.sandboxId,
    owner: principal.owner,
    keyId: principal.keyId,
    agentId: plan.agentId,
    command: plan.command,
    status: "running",
    exitCode: null,
    stdout: nothing,
    stderr: nothing,
    stdoutBytes: 0,
    stderrBytes: 0,
    truncated: false,
    timedOut: false,
    oomKilled: false,
    signal: null,
    startedAt,
    durationMs: null,
    engine: context.engine.name,
    isolation: context.engine.isolation,
    image: plan.image,
    imageDigest: plan.imageDigest,
    profile: plan.profile,
    limits: plan.limits,
    network: plan.network,
    runtime: plan.runtime,
    peakMemoryBytes: null,
    receiptId: null,
    warnings: context.warnings,
    reason: null,
    workspacePath: plan.workspacePath,
    workspaceHandedOver: plan.workspaceHandedOver,
    workspaceBefore: plan.workspaceBefore,
    holder: context.holders.self,
    handle: null,
    startedMs: null,
    endedAt: null,
  };
}

type Measured = {
  readonly ending: Ending;
  readonly records: { readonly stdout: OutputRecord; readonly stderr: OutputRecord };
  /** Null, as the end of the output is then, where nobody has seen the end. */
  readonly durationMs: number | null;
  readonly warnings: readonly string[];
  readonly reason: string | null;
};

export function endedRow(row: RunRow, { ending, records, durationMs, warnings, reason }: Measured): RunRow {
  const timedOut = ending.cause === "deadline";
  return {
    ...row,
    status: statusOf(ending),
    exitCode: timedOut ? DEADLINE_EXIT_CODE : ending.exit.exitCode,
    stdout: records.stdout.bytes(),
    stderr: records.stderr.bytes(),
    stdoutBytes: records.stdout.total,
    stderrBytes: records.stderr.total,
    truncated: durationMs === null || records.stdout.truncated || records.stderr.truncated,
    timedOut,
    oomKilled: ending.exit.oomKilled,
    signal: ending.signal ?? ending.exit.signal,
    durationMs,
    peakMemoryBytes: ending.exit.peakMemoryBytes,
    warnings: [...row.warnings, ...warnings, ...memoryWarnings(ending)],
    reason,
  };
}

/** What a program went on without, or what its sandbox did, may explain its end. */
function memoryWarnings({ exit }: Ending): readonly string[] {
  if (exit.oomKilled || exit.oomKilledBeside !== true) return [];
  return [
    "While it ran, the kernel ended another process for memory: one that the program had started, or one that shares its limit.",
  ];
}

function statusOf({ cause, exit }: Ending): RunStatus {
  if (cause === "deadline") return "timed_out";
  if (cause === "canceled") return "canceled";
  if (exit.exitCode === null) return "interrupted";
  return exit.exitCode === 0 ? "succeeded" : "failed";
}
