import { formatDuration } from "../../base/quantities.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { startBehindEgress } from "../network/egress.ts";
import type { StateChange } from "../sandbox/change-state.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { unitSpec } from "../sandbox/unit-spec.ts";
import { readArchive, writeArchive } from "./archive-file.ts";
import { unrooted } from "./unrooted-tar.ts";

const DAY_MS = 86_400_000;

/** Only a workspace of the sandbox's own goes into an archive: what lies elsewhere stays where it is. */
export function isArchivable(row: SandboxRow): boolean {
  return unitSpec(row).workspace.type === "volume";
}

/** Exports the workspace. What has no use any more on the engine is removed once the archive counts. */
export function archiving(context: DomainContext): StateChange {
  const { engine, policy } = context;
  return {
    action: "archive",
    by: "idle",
    reason: `It was not used for ${days(policy.timers.archiveAfterMs)}.`,
    work: async ({ id }) => {
      await engine.stop(id, { graceMs: 0 });
      await writeArchive(context, id, engine.files.download(id, WORKSPACE));
    },
    afterwards: ({ id }) => engine.remove(id),
  };
}

/** Makes an archived sandbox again from its image and its workspace. */
export async function restore(context: DomainContext, row: SandboxRow): Promise<void> {
  const { engine } = context;
  // What an earlier attempt may have left.
  await engine.remove(row.id);
  const guarded = { ...row, kind: "sandbox", signal: undefined } as const;
  await startBehindEgress(context, guarded, () => engine.createSandbox(unitSpec(row)));
  const tar = unrooted(readArchive(context, row.id));
  await engine.files.upload(row.id, { path: WORKSPACE, tar });
}

function days(ms: number): string {
  const count = ms / DAY_MS;
  return Number.isInteger(count) ? `${count} days` : formatDuration(ms);
}
