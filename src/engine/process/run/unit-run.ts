import { join } from "node:path";
import { newId } from "../../../base/ids.ts";
import type { EngineRun } from "../../engine.ts";
import { enforcedLimits, type EngineParts } from "../engine-parts.ts";
import { launch, type Launch, type Launched } from "../launch/launch.ts";
import type { LiveRun } from "./live-runs.ts";
import { identityToken } from "../host/process-identity.ts";
import { createProcessRun } from "./process-run.ts";
import { resourceLimits } from "../host/resource-limits.ts";
import { runCommand } from "./run-command.ts";
import type { RunGroups, RunWish } from "./run-wish.ts";
import { takeRunPipes, type RunPipes } from "./run-pipes.ts";
import { launchLabel } from "../launch/running-launchers.ts";
import { unitArguments } from "../unit/unit-surroundings.ts";
import type { Unit } from "../unit/unit-store.ts";
import { ensureMemoryWorkspace } from "../unit/workspace-memory.ts";

/** PID 1 of the namespace counts as the run's user's too. */
const OWN_PROCESSES = 1;

/** Starts a program in the unit's namespaces and limits. On failure nothing of it is left. */
export async function startUnitRun(parts: EngineParts, wish: RunWish, signal?: AbortSignal): Promise<EngineRun> {
  // Whoever removes the unit meanwhile ends the start too.
  const removal = new AbortController();
  const settled = Promise.withResolvers<void>();
  const starting: LiveRun = {
    unit: wish.unit.id,
    terminate: () => Promise.resolve(removal.abort()),
    kill: () => {
      removal.abort();
      return settled.promise;
    },
    release: () => undefined,
  };
  parts.live.add(starting);
  try {
    return await start(parts, wish, AbortSignal.any([removal.signal, ...(signal === undefined ? [] : [signal])]));
  } finally {
    parts.live.delete(starting);
    settled.resolve();
  }
}

async function start(parts: EngineParts, wish: RunWish, signal: AbortSignal): Promise<EngineRun> {
  const { unit, spec } = wish;
  const command = runCommand(spec.command, { ...unit.record.env, ...spec.env });
  await prepareWorkspace(parts, unit);
  const groups = await openGroups(parts, unit);
  let pipes: RunPipes | undefined;
  let launched: Launched | undefined;
  try {
    pipes = await takeRunPipes(parts.pipes, unit.record.user, spec.stdin !== undefined);
    launched = await launch(launchWish(parts, { wish, command, groups, pipes }), signal);
    pipes.closeProgramEnds();
    return createProcessRun(parts, { ...wish, launched, groups, ours: pipes.takeOurs() });
  } catch (error) {
    launched?.kill();
    pipes?.closeAll();
    await groups?.run.remove();
    throw error;
  }
}

/** A sandbox's workspace in memory is made again where a restart of the machine has taken it. */
export async function prepareWorkspace({ host }: EngineParts, { kind, directory, record }: Unit): Promise<void> {
  const { workspace, user } = record;
  const { asRoot } = host.programs;
  if (kind !== "sandbox" || workspace.type !== "memory" || asRoot === undefined) return;
  await ensureMemoryWorkspace(asRoot, join(directory, "workspace"), { sizeBytes: workspace.sizeBytes, user });
}

async function openGroups(
  { groups, identity, killTallies }: EngineParts,
  { id, record }: Unit,
): Promise<RunGroups | undefined> {
  if (groups === undefined) return undefined;
  const unit = groups.unit(id);
  await unit.prepare(record.limits);
  const run = await unit.openRun(`${identityToken(identity)}-${newId()}`);
  // The highest use is one figure for all runs at a time.
  if ((await unit.runs()).length === 1) await unit.resetPeak();
  return { unit, run, judgeKills: killTallies.of(id).begin(await unit.oomKills()) };
}

type Prepared = {
  readonly wish: RunWish;
  readonly command: readonly string[];
  readonly groups: RunGroups | undefined;
  readonly pipes: RunPipes;
};

function launchWish(parts: EngineParts, { wish, command, groups, pipes }: Prepared): Launch {
  const { unit, spec } = wish;
  const { limits, user, workspace } = unit.record;
  const enforced = enforcedLimits(parts.groups);
  return {
    host: parts.host,
    user,
    unitDirectory: unit.directory,
    ...(workspace.type === "host" ? { hostWorkspace: workspace.path } : {}),
    entrances: groups?.run.entrances ?? [],
    resourceLimits: resourceLimits(parts.host.descriptorLimit, limits, enforced),
    ...(enforced.pids ? {} : { processLimit: limits.pids + OWN_PROCESSES }),
    label: launchLabel(unit.id, parts.identity),
    bubblewrap: unitArguments(parts.host, unit, spec.env),
    cwd: spec.cwd,
    command,
    ...pipes.program,
  };
}
