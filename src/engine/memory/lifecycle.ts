import type { Clock } from "../../base/clock.ts";
import { sleep } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Engine } from "../engine.ts";
import { stopUnit, type MemoryUnit } from "./memory-host.ts";

type Method = "stop" | "start" | "pause" | "unpause";
type Find = (method: Method, id: string, signal?: AbortSignal) => Promise<MemoryUnit | undefined>;

const LOOK_MS = 5;

/** Programs here are promises, which nobody can hold still: a pause keeps new runs out, and the others go on. */
export function lifecycleMethods(clock: Clock, find: Find): Pick<Engine, "stop" | "start" | "freezer"> {
  return {
    stop: async (id, { graceMs }, signal) => {
      const unit = existing(id, await find("stop", id, signal));
      for (const run of unit.runs) run.terminate();
      const end = clock.monotonic() + graceMs;
      while (unit.runs.size > 0 && clock.monotonic() < end) await sleep(LOOK_MS, signal);
      stopUnit(unit, clock.now());
    },
    start: async (id, signal) => {
      const unit = existing(id, await find("start", id, signal));
      if (unit.info.state !== "exited") return;
      unit.startedAt = clock.now();
      unit.info = { state: "running", exitCode: null, oomKilled: false, finishedAt: null };
      await unit.main?.();
    },
    freezer: {
      obstacle: () => Promise.resolve(undefined),
      pause: async (id, signal) => {
        const unit = await find("pause", id, signal);
        if (unit === undefined || unit.info.state === "exited") throw notRunning(id, unit);
        unit.info = { ...unit.info, state: "paused" };
      },
      unpause: async (id, signal) => {
        const unit = await find("unpause", id, signal);
        if (unit === undefined || unit.info.state === "exited") throw notRunning(id, unit);
        unit.info = { ...unit.info, state: "running" };
      },
    },
  };
}

function existing(id: string, unit: MemoryUnit | undefined): MemoryUnit {
  if (unit?.kind === "sandbox") return unit;
  throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
}

function notRunning(id: string, unit: MemoryUnit | undefined): MoorageError {
  return new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is ${unit?.info.state ?? "absent"}.`);
}
