import type { Logger } from "../../../base/logger.ts";
import type { LostRun } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { StartGate } from "../unit/start-gate.ts";
import type { Unit } from "../unit/units.ts";
import { parseRunHandle, type FoundRun } from "./run-handle.ts";
import { TreeControl, UnansweredError } from "./tree-control.ts";

type EndLost = {
  readonly api: EngineApi;
  readonly gate: StartGate;
  readonly stop: (containerId: string) => Promise<void>;
  readonly logger: Logger;
};

/**
 * Ends what is left of a run that nobody watches any more, and answers whether anything of it lived. Where it cannot be
 * looked at or ended alone from inside, its container is stopped, and it counts as alive.
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
    using control = await gate.urgent(containerId, () => TreeControl.open(api, containerId, root));
    // Before its program is there, a run is its root.
    const begins = root.shared ? 0 : await control.ask("root");
    if (begins + (await control.ask("count")) === 0) return "gone";
    return (await control.ask("kill")) > 0 ? "stuck" : "ended";
  } catch (error) {
    // An engine that fails is no reason to stop a sandbox: it is asked again later.
    if (!(error instanceof UnansweredError)) throw error;
    logger.warn({ err: error }, "a lost run cannot be ended alone, so its sandbox is stopped");
    return "stuck";
  }
}
