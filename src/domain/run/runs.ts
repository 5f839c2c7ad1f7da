import { MoorageError } from "../../base/errors.ts";
import type { Run, RunRecord } from "../../contracts/types.ts";
import type { Page, PageQuery } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { findSandbox } from "../sandbox/sandboxes.ts";
import { runRecord, runView } from "./run-views.ts";

export async function listRuns(call: Call, ref: string, query: PageQuery): Promise<Page<Run>> {
  const { context, principal } = call;
  const sandbox = await findSandbox(call, ref);
  const { items, nextCursor } = await context.store.runs.listBySandbox(principal.owner, sandbox.id, query);
  return { items: items.map(runView), nextCursor };
}

export async function getRun({ context, principal }: Call, runId: string): Promise<RunRecord> {
  const row = await context.store.runs.find(principal.owner, runId);
  if (row !== undefined) return runRecord(row);
  throw new MoorageError("NOT_FOUND", `You have no run "${runId}".`, {
    hint: "List the runs of a sandbox with `moorage sandbox runs`.",
  });
}
