import { isMoorageError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { LostRun } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { StartGate } from "../unit/start-gate.ts";
import type { Unit } from "../unit/units.ts";
import { parseRunHandle, type FoundRun } from "./run-handle.ts";
import { TreeControl } from "./tree-control.ts";

type EndLost = {
  readonly api: EngineApi;
  readonly gate: StartGate;
  readonly stop: (containerId: string) => Promise<void>;
  readonly logger: Logger;
};

/** Then the sandbox is not the reason: nothing can be ended on the engine, or there is nothing to end. */
const NOT_STUCK = ["ENGINE_UNREACHABLE", "SANDBOX_NOT_RUNNING", "NOT_FOUND", "CANCELED"];

/**
 * Ends what is left of a run that nobody watches any more, and answers whether anything of it lived. Where it cannot be
 * looked at or ended alone, its container is stopped, and it counts as alive.
 */
export async function endLost(
  parts: EndLost,
  unit: Unit | undefined,
  { handle, aroundStop = (work) => work() }: LostRun,
): Promise<boolean> {
  const found = parseRunHandle(handle);
  const state = unit?.container.State;
  if (found === undefined || unit === undefined || !["running", "paused"].includes(state?.Status ?? "")) return false;
  // Its pids were those of an earlier start of the container, and ended with it.
  if (Date.parse(unit.container.State.StartedAt) !== found.containerStartedAt) return false;
  const { Id } = unit.container;
  const end = await endTree(parts, Id, found);
  if (end === "stuck") await aroundStop(() => parts.stop(Id));
  return end !== "gone";
}

async function endTree(
  { api, gate, logger }: EndLost,
  containerId: string,
  { root }: FoundRun,
): Promise<"gone" | "ended" | "stuck"> {
  try {
    using control = await gate.pass(containerId, () => TreeControl.open(api, containerId, root));
    // Before its program is there, a run is its root.
    const begins = root.shared ? 0 : await control.ask("root");
    if (begins + (await control.ask("count")) === 0) return "gone";
    return (await control.ask("kill")) > 0 ? "stuck" : "ended";
  } catch (error) {
    if (isMoorageError(error) && NOT_STUCK.includes(error.code)) throw error;
    logger.warn({ err: error }, "a lost run cannot be ended alone, so its sandbox is stopped");
    return "stuck";
  }
}
