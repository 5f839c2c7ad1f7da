import type { PausedBy } from "../../contracts/types.ts";
import type { PendingChange, RunRow, SandboxRow, TransitionFrom } from "../../store/store.ts";
import { discardArchive } from "../archive/archive-file.ts";
import type { DomainContext } from "../context.ts";
import { endingRuns } from "../run/ending-runs.ts";
import { dropTransient } from "../snapshot/discard-snapshot.ts";
import { leaveDirectory } from "../workspace/sandbox-directory.ts";
import { announced, type Announced } from "./announced.ts";
import { moveTo } from "./transition.ts";

type Removal = {
  /** How it has to be found; what is absent does not matter. @default however it is */
  readonly from?: Omit<TransitionFrom, "pending">;
  /** The change that is going on and that the removal takes the sandbox from. @default none may be going on */
  readonly displaced?: PendingChange | null;
  readonly by: PausedBy;
  /** What is said of the runs that go with it; null: it has none. @default null */
  readonly reason?: string | null;
  /** Why nothing of it is left, where that stays in the registry. @default nothing stays */
  readonly news?: string;
  /**
   * True for what nobody has been told of: where it cannot be done now it stays announced, and the next sweep goes on.
   *
   * @default false the sandbox is left as it is, and to the change that was going on
   */
  readonly insist?: boolean;
};

/**
 * Removes a sandbox with all that belongs to it. It is announced first, so that a process that ends in between leaves
 * it to the next. False: it is not as it has to be and nothing was touched, or somebody else has taken the removal over.
 */
export async function removeWhole(context: DomainContext, id: string, removal: Removal): Promise<boolean> {
  const { displaced = null, by, reason = null, news, insist = false } = removal;
  const change = { action: "remove", by, reason, ...(news === undefined ? {} : { news }) } as const;
  const from = { ...removal.from, pending: displaced?.id ?? null };
  const done = await announced(context, { id, from, change }, async (row) => {
    try {
      await clearAway(context, row);
    } catch (error) {
      // Whoever is still at work on that change goes on with it; one that has left off has left it to be settled.
      if (!insist) await context.store.sandboxes.transition(id, { pending: row.pending.id }, { pending: displaced });
      throw error;
    }
    return forgotten(context, row);
  });
  return done ?? false;
}

/** Goes on with a removal that another has announced and not finished. */
export async function finishRemoval(context: DomainContext, row: Announced): Promise<void> {
  await clearAway(context, row);
  await forgotten(context, row);
}

/** The engine first: as long as anything of it may run, its directory is its own. */
export async function clearAway(context: DomainContext, row: SandboxRow): Promise<void> {
  const { engine, egress } = context;
  const reason = row.pending?.reason ?? null;
  const chosen = (run: RunRow): boolean => run.sandboxId === row.id;
  if (reason === null) await engine.remove(row.id);
  else await endingRuns(context, { chosen, reason }, () => engine.remove(row.id));
  await egress.close(row.id);
  await leaveDirectory(context, row);
  await discardArchive(context, row.id);
}

/** The row goes before the snapshots that it holds; false where the removal is somebody else's by now. */
async function forgotten(context: DomainContext, row: Announced): Promise<boolean> {
  const from = { pending: row.pending.id };
  const { news } = row.pending;
  if (news === undefined) {
    if (!(await context.store.sandboxes.remove(row.id, from))) return false;
  } else {
    const target = { state: "error", reason: news, pausedBy: null, pending: null } as const;
    if ((await moveTo(context, { row, from }, target)) === undefined) return false;
  }
  for (const used of [row.base, row.snapshot]) if (used !== null) await dropTransient(context, used.id);
  return true;
}
