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

type UnitOfPlan = Pick<RunPlan, "sandboxId" | "workspacePath"> & {
  readonly limits: { readonly diskBytes: number };
  /** Ends the count of what a job's directory held before. */
  readonly signal?: AbortSignal;
};

/**
 * What a unit takes on disk by its own doing: beside what its directory held before. Of a job that is counted here, so
 * this settles before the job starts.
 */
export async function watchedUnit(
  context: DomainContext,
  unit: UnitOfPlan,
  row: SandboxRow | undefined,
): Promise<WatchedUnit> {
  const { sandboxId: id, limits } = unit;
  let before = await bytesBefore(context, unit, row);
  const count = async (): Promise<number | null> => {
    const use = await context.engine.disk.use(id, deadlineSignal(LOOK_MS));
    if (use === undefined) return null;
    const { rootBytes, workspaceBytes } = use;
    if (before === null && workspaceBytes !== null) before = await countFrom(context, id, workspaceBytes);
    note(context, id, { told: rootBytes !== null && workspaceBytes !== null });
    return sumOf(use, before ?? 0);
  };
  return {
    id,
    kind: row === undefined ? "job" : "sandbox",
    limitBytes: limits.diskBytes,
    count: () =>
      count().catch((error: unknown) => {
        note(context, id, { told: false, err: error });
        return null;
      }),
  };
}

function sumOf({ rootBytes, workspaceBytes }: DiskUse, before: number): number | null {
  if (rootBytes === null && workspaceBytes === null) return null;
  return (rootBytes ?? 0) + Math.max(0, (workspaceBytes ?? 0) - before);
}

async function bytesBefore(
  { engine }: DomainContext,
  { workspacePath, signal }: UnitOfPlan,
  row: SandboxRow | undefined,
): Promise<number | null> {
  if (row !== undefined) return row.directory === null ? 0 : row.directory.bytesBefore;
  if (workspacePath === null) return 0;
  return engine.disk.directory(workspacePath, deadlineSignal(BEFORE_MS, signal)).catch(() => null);
}

/**
 * A directory that could not be counted before it was worked in counts from the first look on: of a sandbox for all who
 * look later too.
 */
async function countFrom({ store, logger }: DomainContext, id: string, bytes: number): Promise<number> {
  try {
    const directory = (await store.sandboxes.get(id))?.directory ?? null;
    if (directory === null) return bytes;
    if (directory.bytesBefore !== null) return directory.bytesBefore;
    await store.sandboxes.update(id, { directory: { ...directory, bytesBefore: bytes } });
  } catch (error) {
    logger.warn({ err: error, sandboxId: id, bytes }, "what a directory held before could not be written down");
  }
  return bytes;
}

/** That not all of what a unit takes could be told is said once. */
function note({ disk, logger }: DomainContext, sandboxId: string, look: { told: boolean; err?: unknown }): void {
  const level = disk.untold.look(sandboxId, look.told) ? "warn" : "debug";
  if (look.told) return;
  logger[level]({ err: look.err, sandboxId }, "what a unit takes on disk could not be told, so it keeps no limit");
}
