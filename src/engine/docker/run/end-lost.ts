import type { LostRun } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { StartGate } from "../unit/start-gate.ts";
import type { Unit } from "../unit/units.ts";
import { parseRunHandle } from "./run-handle.ts";
import { TreeControl } from "./tree-control.ts";

type EndLost = {
  readonly api: EngineApi;
  readonly gate: StartGate;
  readonly stop: (containerId: string) => Promise<void>;
};

/** Ends what is left of a run that nobody watches any more, and answers whether anything of it lived. */
export async function endLost(
  { api, gate, stop }: EndLost,
  unit: Unit | undefined,
  { handle, aroundStop = (work) => work() }: LostRun,
): Promise<boolean> {
  const found = parseRunHandle(handle);
  const state = unit?.container.State;
  if (found === undefined || unit === undefined || !["running", "paused"].includes(state?.Status ?? "")) return false;
  // Its pids were those of an earlier start of the container, and ended with it.
  if (Date.parse(unit.container.State.StartedAt) !== found.containerStartedAt) return false;
  const { Id } = unit.container;
  using control = await gate.pass(Id, () => TreeControl.open(api, Id, found.root));
  // Before its program is there, a run is its root.
  const begins = found.root.shared ? 0 : await control.ask("root");
  const lived = begins + (await control.ask("count")) > 0;
  if (lived && (await control.ask("kill")) > 0) await aroundStop(() => stop(Id));
  return lived;
}
