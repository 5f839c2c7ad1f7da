import { MoorageError } from "../../../base/errors.ts";
import type { Engine, EngineRun, RunSpec } from "../../engine.ts";
import type { UnitContext } from "../unit/create-unit.ts";
import type { StartGate } from "../unit/start-gate.ts";
import type { Unit } from "../unit/units.ts";
import { endLost } from "./end-lost.ts";
import type { EngineEvents } from "./engine-events.ts";
import type { ExecContext } from "./exec-context.ts";
import { startExec } from "./exec.ts";
import { startJob } from "./job.ts";
import { readLastOutput } from "./last-output.ts";
import type { LiveOutputs } from "./live-outputs.ts";
import type { WarmRuns } from "./warm/warm-runs.ts";

export type RunParts = UnitContext & {
  readonly events: EngineEvents;
  readonly live: LiveOutputs;
  readonly gate: StartGate;
  /** Absent: every run is started when it is asked for. */
  readonly warm: WarmRuns | undefined;
  /** Aborts when the engine object is closed; what runs goes on. */
  readonly closed: AbortSignal;
};

/** What of the engine has to do with runs. */
export function createRunMethods(parts: RunParts): Pick<Engine, "startJob" | "exec" | "endLost" | "lastOutput"> {
  const { api, units, live, warm } = parts;
  return {
    startJob: (spec, signal) => startJob({ ...parts, track: live.track }, spec, signal),
    exec: async (id, spec, signal) =>
      (await warm?.exec(id, spec, signal)) ?? plainExec(parts, await runningUnit(parts, id, signal), { spec, signal }),
    endLost: async (id, handle, signal) => endLost({ api, stop: units.stop }, await units.find(id, signal), handle),
    lastOutput: async (id, signal) => readLastOutput(api, await units.find(id, signal), signal),
  };
}

async function runningUnit({ units }: RunParts, id: string, signal: AbortSignal | undefined): Promise<Unit> {
  const unit = await units.find(id, signal);
  if (unit !== undefined) return unit;
  throw new MoorageError("SANDBOX_NOT_RUNNING", `There is no sandbox ${id} on this engine.`);
}

type Wanted = { readonly spec: RunSpec; readonly signal: AbortSignal | undefined };

async function plainExec(parts: RunParts, { container, identity }: Unit, wanted: Wanted): Promise<EngineRun> {
  const { api, units, live, gate, events, warm, closed, logger } = parts;
  const containerId = container.Id;
  const context: ExecContext = {
    ...{ api, logger, closed, events, containerId },
    containerStartedAt: Date.parse(container.State.StartedAt),
    stopUnit: () => units.stop(containerId),
    track: live.track,
  };
  const start = <T>(work: () => Promise<T>): Promise<T> => gate.pass(containerId, work);
  const run = await start(() => startExec(context, wanted.spec, wanted.signal));
  warm?.keep(identity.id, { context, start, pids: container.HostConfig.PidsLimit ?? 0 }, run);
  return run;
}
