import { ID_PATTERN } from "../../base/ids.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Run, RunKind, RunRecord, RunStatus } from "../../contracts/types.ts";
import type { Page, PageQuery, RunRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { findSandbox } from "../sandbox/sandboxes.ts";
import { runRecord, runView } from "./run-views.ts";

export type RunFilterInput = {
  readonly sandbox?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly kind?: RunKind | undefined;
  readonly agent?: string | undefined;
};

export async function listRuns(call: Call, input: RunFilterInput, query: PageQuery): Promise<Page<Run>> {
  const { context, principal } = call;
  const { sandbox, status, kind, agent: agentId } = input;
  const sandboxId = sandbox === undefined ? undefined : await sandboxIdOf(call, sandbox);
  const filter = { sandboxId, status, kind, agentId };
  const { items, nextCursor } = await context.store.runs.list(principal.owner, filter, query);
  return { items: items.map(runView), nextCursor };
}

// The runs of a sandbox outlive it, and so does its id.
async function sandboxIdOf(call: Call, ref: string): Promise<string> {
  const row = await call.context.store.sandboxes.find(call.principal.owner, ref);
  if (row === undefined && ID_PATTERN.test(ref)) return ref;
  return row?.id ?? (await findSandbox(call, ref)).id;
}

/** The caller's run; NOT_FOUND also when it is somebody else's. */
export async function findRun({ context, principal }: Call, runId: string): Promise<RunRow> {
  const row = await context.store.runs.find(principal.owner, runId);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no run "${runId}".`, {
    hint: "List your runs with `moorage runs ls`.",
  });
}

export async function getRun(call: Call, runId: string): Promise<RunRecord> {
  return runRecord(await findRun(call, runId));
}

export async function removeRun(
  call: Call,
  runId: string,
): Promise<{ readonly runId: string; readonly removed: true }> {
  const row = await findRun(call, runId);
  if (row.status === "running") {
    throw new MoorageError("CONFLICT", `The run "${runId}" goes on; only an ended one can be removed.`, {
      hint: `End it first, or wait for its end: \`moorage runs attach ${runId}\`.`,
    });
  }
  await call.context.logs.remove(runId);
  await call.context.store.runs.remove(runId);
  return { runId, removed: true };
}
