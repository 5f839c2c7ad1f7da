import type { ControlGroups } from "../group/control-groups.ts";
import type { EngineParts } from "../engine-parts.ts";
import { unitInfo } from "./unit-info.ts";
import { killTree } from "../host/processes.ts";
import { runningLaunchers } from "../launch/running-launchers.ts";
import { identityOfToken, isAlive } from "../host/process-identity.ts";

/**
 * Removes what a Moorage that was killed has left: groups without a unit, groups of its runs, half-made and half-removed
 * directories. Its runs themselves ended with it. One that fails is tried again by the next sweep.
 */
export async function sweep(parts: EngineParts): Promise<void> {
  const { store, groups, logger } = parts;
  try {
    for (const directory of await store.leftovers()) await store.erase(directory);
    await sweepLaunchers(parts);
    if (groups !== undefined) await sweepGroups(parts, groups);
  } catch (error) {
    logger.warn({ error }, "leftovers of the process engine could not all be removed");
  }
}

/** A launcher whose Moorage ended in the instant of a start may be left, waiting, before its program. */
async function sweepLaunchers({ host, store }: EngineParts): Promise<void> {
  for (const { pid, unit, owner } of await runningLaunchers(host.programs.bwrap)) {
    if (!(await isAlive(owner)) && (await store.read(unit)) !== undefined) await killTree(pid);
  }
}

async function sweepGroups({ store }: EngineParts, groups: ControlGroups): Promise<void> {
  for (const id of await groups.units()) {
    const unit = groups.unit(id);
    const tried = identityOfToken(id);
    if (tried === undefined ? !(await store.taken(id)) : !(await isAlive(tried))) {
      await unit.remove();
      continue;
    }
    if (tried !== undefined) continue;
    for (const run of await unit.runs()) {
      const owner = identityOfToken(run);
      if (owner === undefined || !(await isAlive(owner))) await unit.removeRun(run);
    }
    const job = await store.read(id);
    if (job?.kind === "job" && (await unitInfo(store, job)).state === "exited") await unit.remove();
  }
}
