import type { Clock } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { UnitStats } from "../engine.ts";
import type { MemoryUnit } from "./memory-host.ts";

/** Runs are counted, as processes are; memory and processor time are this process's own and nobody's share. */
export function memoryStats(id: string, unit: MemoryUnit | undefined, clock: Clock): UnitStats {
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  if (unit.info.state === "exited") {
    throw new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is exited, not running.`);
  }
  const unmeasured = { memoryBytes: null, cpuMs: null, receivedBytes: null, sentBytes: null };
  return { at: clock.now(), ...unmeasured, pids: unit.runs.size };
}
