import { MoorageError } from "../../../base/errors.ts";
import type { UnitStats } from "../../engine.ts";
import type { EngineParts } from "../engine-parts.ts";
import { unitInfo } from "./unit-info.ts";

/** What the unit's control groups count; without any nothing is measured. Units have no network. */
export async function readUnitStats({ store, groups }: EngineParts, id: string): Promise<UnitStats> {
  const unit = await store.read(id);
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  const { state } = await unitInfo(store, unit);
  if (state === "exited") throw new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is stopped, not running.`);
  const usage = (await groups?.unit(id).usage()) ?? { memoryBytes: null, cpuMs: null, pids: null };
  return { at: Date.now(), ...usage, receivedBytes: null, sentBytes: null };
}
