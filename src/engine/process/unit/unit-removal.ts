import { join } from "node:path";
import { sleep } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { EngineParts } from "../engine-parts.ts";
import { startFileProgram } from "../file/file-program.ts";
import { EMPTY } from "../file/file-scripts.ts";
import { killTree } from "../host/processes.ts";
import { runningLaunchers } from "../launch/running-launchers.ts";
import type { Unit } from "./unit-store.ts";
import { dropMemoryWorkspace } from "./workspace-memory.ts";

const END_MS = 10_000;
const STEP_MS = 10;

/** Ends whatever runs in the unit, by whichever Moorage, and removes it with its storage. */
export async function removeUnit(parts: EngineParts, unit: Unit): Promise<void> {
  // Out of sight first: from then on nothing new starts in it.
  const hidden = await parts.store.hide(unit.id);
  await endRuns(parts, unit);
  if (hidden !== undefined) await eraseUnit(parts, { ...unit, directory: hidden });
}

/** Ends whatever runs in the unit, by whichever Moorage. */
export async function endRuns(parts: EngineParts, { id }: Unit): Promise<void> {
  await Promise.all(parts.live.of(id).map((run) => run.kill()));
  if (parts.groups === undefined) await endLaunchers(parts, id);
  else await parts.groups.unit(id).remove();
}

async function endLaunchers({ host }: EngineParts, id: string): Promise<void> {
  const end = performance.now() + END_MS;
  for (;;) {
    const launchers = (await runningLaunchers(host.programs.bwrap)).filter(({ unit }) => unit === id);
    if (launchers.length === 0) return;
    if (performance.now() > end) {
      throw new MoorageError("ENGINE_TIMEOUT", `The runs of ${id} did not end within ${END_MS} ms.`, {
        details: { processes: launchers.map(({ pid }) => pid) },
      });
    }
    for (const { pid } of launchers) await killTree(pid);
    await sleep(STEP_MS);
  }
}

async function eraseUnit(parts: EngineParts, unit: Unit): Promise<void> {
  const { asRoot } = parts.host.programs;
  if (asRoot !== undefined) await dropMemoryWorkspace(asRoot, join(unit.directory, "workspace"));
  else await emptyUnit(parts, unit);
  await parts.store.erase(unit.directory);
}

/** Without root, directories that a program has closed to its own user are opened by those who may pass over that. */
async function emptyUnit(parts: EngineParts, unit: Unit): Promise<void> {
  const program = await startFileProgram(parts, { unit, script: EMPTY, args: [], shown: unit.directory });
  program.stdout.resume();
  // What is left shows when the directory itself is removed.
  await program.ended;
}
