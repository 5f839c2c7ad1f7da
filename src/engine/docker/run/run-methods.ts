import { MoorageError } from "../../../base/errors.ts";
import type { Engine } from "../../engine.ts";
import type { UnitContext } from "../unit/create-unit.ts";
import type { StartGate } from "../unit/start-gate.ts";
import { endLost } from "./end-lost.ts";
import { startExec } from "./exec.ts";
import { startJob } from "./job.ts";
import { readLastOutput } from "./last-output.ts";
import type { LiveOutputs } from "./live-outputs.ts";

export type RunParts = UnitContext & {
  readonly live: LiveOutputs;
  readonly gate: StartGate;
  /** Aborts when the engine object is closed; what runs goes on. */
  readonly closed: AbortSignal;
};

/** What of the engine has to do with runs. */
export function createRunMethods(parts: RunParts): Pick<Engine, "startJob" | "exec" | "endLost" | "lastOutput"> {
  const { api, units, live, gate, closed, logger } = parts;
  return {
    startJob: (spec, signal) => startJob({ ...parts, track: live.track }, spec, signal),
    exec: async (id, spec, signal) => {
      const unit = await units.find(id, signal);
      if (unit === undefined)
        throw new MoorageError("SANDBOX_NOT_RUNNING", `There is no sandbox ${id} on this engine.`);
      const containerId = unit.container.Id;
      const context = {
        ...{ api, logger, closed, containerId },
        containerStartedAt: Date.parse(unit.container.State.StartedAt),
        stopUnit: () => units.stop(containerId),
        track: live.track,
      };
      return gate.pass(containerId, () => startExec(context, spec, signal));
    },
    endLost: async (id, handle, signal) => endLost({ api, stop: units.stop }, await units.find(id, signal), handle),
    lastOutput: async (id, signal) => readLastOutput(api, await units.find(id, signal), signal),
  };
}
