import { MoorageError } from "../../../base/errors.ts";
import type { Engine, UnitStats } from "../../engine.ts";
import type { EngineParts } from "../engine-parts.ts";
import { createUnitDisk } from "./unit-disk.ts";
import { unitInfo } from "./unit-info.ts";

export function createMeasuring(ready: () => Promise<EngineParts>): Pick<Engine, "stats" | "sample" | "disk"> {
  return {
    stats: async (id) => readUnitStats(await ready(), id),
    sample: async (ids) => sampleUnits(await ready(), ids),
    disk: createUnitDisk(ready),
  };
}

/** What the unit's control groups count; without any nothing is measured. Units have no network. */
async function readUnitStats({ store, groups }: EngineParts, id: string): Promise<UnitStats> {
  const unit = await store.read(id);
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  const { state } = await unitInfo(store, unit);
  if (state === "exited") throw new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is stopped, not running.`);
  const usage = groups?.unit(id).usage() ?? { memoryBytes: null, cpuMs: null, pids: null };
  return { at: Date.now(), ...usage, receivedBytes: null, sentBytes: null };
}

/** Units without a group of their own have run nothing yet. */
async function sampleUnits({ groups }: EngineParts, ids: readonly string[]): Promise<ReadonlyMap<string, UnitStats>> {
  if (groups === undefined) return new Map();
  const counted = new Set(await groups.units());
  const samples = new Map<string, UnitStats>();
  for (const id of ids) {
    if (!counted.has(id)) continue;
    const usage = groups.unit(id).usage();
    samples.set(id, { at: Date.now(), ...usage, receivedBytes: null, sentBytes: null });
  }
  return samples;
}
