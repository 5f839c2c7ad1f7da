import { deadlineSignal } from "../../base/deadline.ts";
import type { DiskUse } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import type { RunPlan } from "../run/run-plan.ts";
import type { WatchedUnit } from "./unit-watch.ts";

/** One look; a tree that is not counted by then is not known. */
const LOOK_MS = 20_000;
/** What a directory of the host held before. */
const BEFORE_MS = 10_000;

type UnitOfPlan = Pick<RunPlan, "sandboxId" | "workspacePath"> & { readonly limits: { readonly diskBytes: number } };

/** What a unit takes on disk by its own doing: beside what its directory held before. */
export function watchedUnit(context: DomainContext, unit: UnitOfPlan, row: SandboxRow | undefined): WatchedUnit {
  const { sandboxId: id, limits } = unit;
  const before = bytesBefore(context, unit, row);
  let base: number | null | undefined;
  const count = async (): Promise<number | null> => {
    base ??= await before;
    const use = await context.engine.disk.use(id, deadlineSignal(LOOK_MS));
    if (use === undefined) return null;
    // A directory that could not be counted before it was worked in counts from the first look on.
    base ??= use.workspaceBytes;
    return sumOf(use, base ?? 0);
  };
  return {
    id,
    kind: row === undefined ? "job" : "sandbox",
    limitBytes: limits.diskBytes,
    count: () =>
      count().catch((error: unknown) => {
        context.logger.debug({ err: error, sandboxId: id }, "what a sandbox takes on disk could not be told");
        return null;
      }),
  };
}

function sumOf({ rootBytes, workspaceBytes }: DiskUse, before: number): number | null {
  if (rootBytes === null && workspaceBytes === null) return null;
  return (rootBytes ?? 0) + Math.max(0, (workspaceBytes ?? 0) - before);
}

/** A job's directory is counted while the job starts. */
function bytesBefore(
  { engine }: DomainContext,
  { workspacePath }: UnitOfPlan,
  row: SandboxRow | undefined,
): Promise<number | null> {
  if (row !== undefined) return Promise.resolve(row.directory === null ? 0 : row.directory.bytesBefore);
  if (workspacePath === null) return Promise.resolve(0);
  return engine.disk.directory(workspacePath, deadlineSignal(BEFORE_MS)).catch(() => null);
}
