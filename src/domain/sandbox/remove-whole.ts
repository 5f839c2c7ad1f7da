import type { PausedBy } from "../../contracts/types.ts";
import type { RunRow, SandboxRow, TransitionFrom } from "../../store/store.ts";
import { discardArchive } from "../archive/archive-file.ts";
import type { DomainContext } from "../context.ts";
import { endingRuns } from "../run/ending-runs.ts";
import { dropTransient } from "../snapshot/discard-snapshot.ts";
import { leaveDirectory } from "../workspace/sandbox-directory.ts";
import { announced, type Announced } from "./announced.ts";
import { moveTo } from "./transition.ts";

type Removal = {
  /** How it has to be found; what is absent does not matter. */
  readonly from: TransitionFrom;
  readonly by: PausedBy;
  /** What is said of the runs that go with it; null: it has none. @default null */
  readonly reason?: string | null;
  /** Why nothing of it is left, where that stays in the registry. @default nothing stays */
  readonly news?: string;
  /**
   * True for what nobody has been told of: where it cannot be done now it stays announced, and the next sweep goes on.
   *
   * @default false the sandbox is left as it is
   */
  readonly insist?: boolean;
};

/**
 * Removes a sandbox with all that belongs to it. It is announced first, so that a process that ends in between leaves
 * it to the next. False: it is not as it has to be, and nothing was touched.
 */
export async function removeWhole(context: DomainContext, id: string, removal: Removal): Promise<boolean> {
  const { from, by, reason = null, news, insist = false } = removal;
  const change = { action: "remove", by, reason } as const;
  const done = await announced(context, { id, from, change }, async (row) => {
    try {
      await clearAway(context, row);
    } catch (error) {
      if (!insist) await context.store.sandboxes.transition(id, { pending: row.pending.id }, { pending: null });
      throw error;
    }
    await forget(context, row, news);
    return true;
  });
  return done ?? false;
}

/** Goes on with a removal that another has announced and not finished. */
export async function finishRemoval(context: DomainContext, row: Announced): Promise<void> {
  await clearAway(context, row);
  await forget(context, row);
}

/**
 * Of a sandbox that nobody is told of nothing stays, whether it was made or only planned, and also when it was removed
 * while it was being made.
 */
export async function discardStart(context: DomainContext, row: SandboxRow): Promise<void> {
  const removed = await removeWhole(context, row.id, { from: { states: ["starting"] }, by: "engine", insist: true });
  if (!removed) await clearAway(context, row);
}

/** The engine first: as long as anything of it may run, its directory is its own. */
async function clearAway(context: DomainContext, row: SandboxRow): Promise<void> {
  const { engine, egress } = context;
  const reason = row.pending?.reason ?? null;
  const chosen = (run: RunRow): boolean => run.sandboxId === row.id;
  if (reason === null) await engine.remove(row.id);
  else await endingRuns(context, { chosen, reason }, () => engine.remove(row.id));
  await egress.close(row.id);
  await leaveDirectory(context, row);
  await discardArchive(context, row.id);
}

/** The row goes before the snapshots that it holds. */
async function forget(context: DomainContext, row: Announced, news?: string): Promise<void> {
  if (news === undefined) await context.store.sandboxes.remove(row.id);
  else {
    const target = { state: "error", reason: news, pausedBy: null, pending: null } as const;
    await moveTo(context, { row, from: { pending: row.pending.id } }, target);
  }
  for (const used of [row.base, row.snapshot]) if (used !== null) await dropTransient(context, used.id);
}
