import { closeSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../base/ids.ts";
import { MoorageError } from "../../base/errors.ts";
import type { EngineRun, RunExit, RunSpec } from "../engine.ts";
import type { RunGroup, UnitGroup } from "./control-groups.ts";
import { enforcedLimits, type EngineParts } from "./engine-parts.ts";
import { launch, type Launch, type Launched } from "./launch.ts";
import { closePipe, type Pipe } from "./pipe-supply.ts";
import { identityToken } from "./process-identity.ts";
import { createProcessRun } from "./process-run.ts";
import { descriptorLimit, resourceLimits } from "./resource-limits.ts";
import { runCommand } from "./run-command.ts";
import { unitArguments } from "./unit-surroundings.ts";
import type { Unit } from "./unit-store.ts";
import { ensureMemoryWorkspace } from "./workspace-memory.ts";

export type RunWish = {
  readonly spec: RunSpec;
  /** Called once the run has ended, before that is told. */
  readonly onEnd: (exit: RunExit) => Promise<void>;
};

/** Groups that a run is in, where there are any. */
export type RunGroups = { readonly unit: UnitGroup; readonly run: RunGroup };

type Pipes = { readonly stdin: Pipe | undefined; readonly stdout: Pipe; readonly stderr: Pipe };

/** Starts a program in the unit's namespaces and limits. On failure nothing of it is left. */
export async function startUnitRun(
  parts: EngineParts,
  unit: Unit,
  { spec, onEnd }: RunWish,
  signal?: AbortSignal,
): Promise<EngineRun> {
  const command = runCommand(spec.command, { ...unit.record.env, ...spec.env });
  await prepareWorkspace(parts, unit);
  const groups = await openGroups(parts, unit);
  const pipes = await takePipes(parts, unit, spec);
  try {
    const launched = await launch(await launchWish(parts, { unit, spec, command, groups, pipes }), signal);
    closeGivenEnds(pipes);
    return createProcessRun(parts, { unit, spec, launched, groups, pipes: ourEnds(pipes), onEnd });
  } catch (error) {
    for (const pipe of [pipes.stdin, pipes.stdout, pipes.stderr]) if (pipe !== undefined) closePipe(pipe);
    await groups?.run.remove();
    throw error;
  }
}
