import { MoorageError } from "../../base/errors.ts";
import { formatDuration } from "../../base/quantities.ts";
import type { SandboxBase, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { openEgress } from "../network/egress.ts";
import { changeState, type StateChange } from "../sandbox/change-state.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { STATES } from "../sandbox/state-machine.ts";
import { moveTo } from "../sandbox/transition.ts";
import { unitSpec } from "../sandbox/unit-spec.ts";
import { dropTransient } from "../snapshot/discard-snapshot.ts";
import { discardArchive, readArchive, writeArchive } from "./archive-file.ts";
import { foundRoot, keptRoot, type Restored } from "./archived-root.ts";
import { findObstacle } from "./find-obstacle.ts";
import { unrooted } from "./unrooted-tar.ts";

const DAY_MS = 86_400_000;
/** In a row's reason: nothing is tried again until its state changes. */
const NOT_ARCHIVABLE = "It cannot be archived: ";

class NotArchivable extends MoorageError {
  constructor(obstacle: string) {
    super("PATH_NOT_ALLOWED", `${NOT_ARCHIVABLE}${obstacle}.`);
  }
}

/**
 * Only a workspace of the sandbox's own goes into an archive: what lies elsewhere stays where it is. So does one that
 * was found to hold what no archive brings back.
 */
export function isArchivable(row: SandboxRow): boolean {
  return unitSpec(row).workspace.type === "volume" && row.reason?.includes(NOT_ARCHIVABLE) !== true;
}

/** Archives a sandbox. One that could not be restored whole is left as it is, and its reason says why. */
export async function archiveSandbox(
  context: DomainContext,
  { id }: SandboxRow,
  stillWanted: (row: SandboxRow) => Promise<boolean>,
): Promise<boolean> {
  try {
    return (await changeState(context, { id }, { ...archiving(context), stillWanted })).state === "archived";
  } catch (error) {
    if (error instanceof NotArchivable) await note(context, id, error.message);
    throw error;
  }
}

/**
 * Exports the workspace, and has the engine keep the root filesystem where it can. What has no use any more on the engine
 * is removed once the archive counts.
 */
function archiving(context: DomainContext): StateChange {
  const { engine, policy } = context;
  let before: SandboxBase | null = null;
  let base: SandboxBase | null = null;
  return {
    action: "archive",
    by: "idle",
    reason: `It was not used for ${days(policy.timers.archiveAfterMs)}.`,
    work: async (row) => {
      const { id, state } = row;
      before = row.base;
      // A paused one is still anyway, and can go on from where it was if it cannot be archived.
      if (state !== "paused") await engine.stop(id, { graceMs: 0 });
      await writeArchive(context, id, { tar: engine.files.download(id, WORKSPACE), check });
      base = await keptRoot(context, row).catch(async (error: unknown) => {
        await discardArchive(context, id);
        throw error;
      });
    },
    alters: () => ({ base }),
    afterwards: async ({ id }) => {
      await engine.remove(id);
      await context.egress.close(id);
      if (before !== null) await dropTransient(context, before.id);
    },
  };
}

async function check(tar: AsyncIterable<Uint8Array>): Promise<void> {
  const obstacle = await findObstacle(tar);
  if (obstacle !== undefined) throw new NotArchivable(obstacle);
}

async function note(context: DomainContext, id: string, why: string): Promise<void> {
  const row = await context.store.sandboxes.get(id);
  if (row === undefined || STATES[row.state].timer !== "archive") return;
  const { state, pausedBy } = row;
  const reason = row.reason === null ? why : `${row.reason} ${why}`;
  await moveTo(context, { row, from: { revision: row.revision, pending: null } }, { state, reason, pausedBy });
}

/**
 * Makes an archived sandbox again from its root filesystem, where the engine has that still, else from its image, and from
 * its workspace. Answers what of its row is different now.
 */
export async function restore(context: DomainContext, row: SandboxRow): Promise<Restored> {
  const { engine } = context;
  // What an earlier attempt may have left, and the proxy of the network that it had, which another process removed.
  await engine.remove(row.id);
  await context.egress.close(row.id);
  const restored = await foundRoot(context, row);
  const unit = { ...row, ...restored };
  await openEgress(context, { ...unit, kind: "sandbox" });
  await engine.createSandbox(unitSpec(unit));
  const tar = unrooted(readArchive(context, row.id));
  await engine.files.upload(row.id, { path: WORKSPACE, tar });
  return restored;
}

function days(ms: number): string {
  const count = ms / DAY_MS;
  return Number.isInteger(count) ? `${count} days` : formatDuration(ms);
}
