import { MoorageError } from "../../../base/errors.ts";
import type { Engine, EngineRun, RunSpec } from "../../engine.ts";
import type { UnitContext } from "../unit/create-unit.ts";
import type { StartGate } from "../unit/start-gate.ts";
import type { Unit } from "../unit/units.ts";
import { endLost } from "./end-lost.ts";
import type { EngineEvents } from "./engine-events.ts";
import { startExec } from "./exec.ts";
import { startJob } from "./job.ts";
import type { JobGroups } from "./job-groups.ts";
import { readLastOutput } from "./last-output.ts";
import { readOutputPage } from "./output-page.ts";
import type { LiveOutputs } from "./live-outputs.ts";
import { createPeakMeters, type PeakMeters } from "./peak-meter.ts";
import type { WarmRuns } from "./warm/warm-runs.ts";
import type { WarmShellsOptions } from "./warm/warm-shells.ts";

export type RunParts = UnitContext & {
  readonly events: EngineEvents;
  readonly live: LiveOutputs;
  readonly gate: StartGate;
  readonly jobGroups: JobGroups;
  readonly announceMs: number;
  /** Absent: every run is started when it is asked for. */
  readonly warm: WarmRuns | undefined;
  /** Aborts when the engine object is closed; what runs goes on. */
  readonly closed: AbortSignal;
};

type RunMethods = Pick<Engine, "startJob" | "exec" | "endLost" | "lastOutput" | "outputSince"> & {
  /** Called when a sandbox has come up: its first run finds a shell that waits. */
  readonly prepare: (id: string) => void;
};

/** What of the engine has to do with runs. */
export function createRunMethods(parts: RunParts): RunMethods {
  const { api, units, live, warm, logger, gate } = parts;
  const peaks = createPeakMeters();
  return {
    startJob: (spec, signal) => startJob({ ...parts, track: live.track }, spec, signal),
    exec: async (id, spec, signal) => {
      const find = async (): Promise<WarmShellsOptions> =>
        shellsOf({ ...parts, peaks }, await runningUnit(parts, id, signal));
      return (await warm?.exec(id, { spec, signal, find })) ?? plainExec(await find(), spec, signal);
    },
    prepare: (id) => {
      const prepared = warm?.prepare(id, async () => shellsOf({ ...parts, peaks }, await runningUnit(parts, id)));
      prepared?.catch((error: unknown) => logger.debug({ err: error, unit: id }, "no shell could be started ahead"));
    },
    endLost: async (id, lost, signal) =>
      endLost({ api, gate, logger, stop: units.stop }, await units.find(id, signal), lost),
    outputSince: async (id, after, signal) => readOutputPage(api, await units.find(id, signal), { after, signal }),
    lastOutput: async (id, signal) => readLastOutput(api, await units.find(id, signal), signal),
  };
}

async function runningUnit({ units }: RunParts, id: string, signal?: AbortSignal): Promise<Unit> {
  const unit = await units.find(id, signal);
  if (unit !== undefined) return unit;
  throw new MoorageError("SANDBOX_NOT_RUNNING", `There is no sandbox ${id} on this engine.`);
}

/** What a run in this container is begun with, and shells are kept with. */
function shellsOf(parts: RunParts & { readonly peaks: PeakMeters }, { container }: Unit): WarmShellsOptions {
  const { api, units, live, gate, events, peaks, closed, logger, announceMs } = parts;
  const containerId = container.Id;
  return {
    context: {
      ...{ api, logger, closed, events, containerId, announceMs },
      peaks: peaks.of(container),
      containerStartedAt: Date.parse(container.State.StartedAt),
      stopUnit: () => units.stop(containerId),
      track: live.track,
      gate: (work) => gate.pass(containerId, work),
      urgent: (work) => gate.urgent(containerId, work),
    },
    pids: container.HostConfig.PidsLimit ?? 0,
  };
}

function plainExec({ context }: WarmShellsOptions, spec: RunSpec, signal?: AbortSignal): Promise<EngineRun> {
  return context.gate(() => startExec(context, spec, signal));
}
