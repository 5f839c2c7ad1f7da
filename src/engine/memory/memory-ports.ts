import { MoorageError } from "../../base/errors.ts";
import type { UnitPorts } from "../engine.ts";
import type { MemoryUnit } from "./memory-host.ts";

type Find = (method: keyof UnitPorts, id: string, signal?: AbortSignal) => Promise<MemoryUnit | undefined>;

export function createMemoryPorts(find: Find): UnitPorts {
  return {
    listens: async (id, port, signal) => running(id, await find("listens", id, signal)).ports.has(port),
    reach: async (id, port, signal) => running(id, await find("reach", id, signal)).ports.get(port),
  };
}

function running(id: string, unit: MemoryUnit | undefined): MemoryUnit {
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  if (unit.info.state === "running") return unit;
  throw new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is ${unit.info.state}, not running.`);
}
