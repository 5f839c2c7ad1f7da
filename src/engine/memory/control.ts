import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../base/clock.ts";
import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { EngineDisk, EngineSnapshots, ImageStore, UnitFiles, UnitSpec } from "../engine.ts";
import { stopUnit, type MemoryHost } from "./memory-host.ts";

/** Methods of the engine that can be told to fail. */
export type FailingMethod =
  | "info"
  | "createSandbox"
  | "startJob"
  | "exec"
  | "endLost"
  | "runtimes"
  | "inspect"
  | "list"
  | "lastOutput"
  | "outputSince"
  | "remove"
  | "stop"
  | "start"
  | "pause"
  | "unpause"
  | `disk.${keyof EngineDisk}`
  | `files.${keyof UnitFiles}`
  | `images.${keyof ImageStore}`
  | `snapshots.${keyof EngineSnapshots}`
  | "stats"
  | "sample"
  | "ports.listens"
  | "ports.reach"
  | "networks.ensure"
  | "networks.inspect"
  | "networks.list"
  | "networks.leave"
  | "networks.remove"
  | "volumes.ensure"
  | "volumes.remove";

/** What tests do to a memory engine from outside: what happens to real ones by themselves. */
export type MemoryEngineControl = {
  /** Give it to another memory engine: both then look at the same units. */
  readonly host: MemoryHost;
  /** The next call of this method rejects with this error and does nothing; several calls queue up. */
  readonly failNext: (method: FailingMethod, error: MoorageError) => void;
  /** What units were created from, all deployments, oldest first. */
  readonly units: () => readonly UnitSpec[];
  /** Stops a unit, as a restart of its host does. */
  readonly stop: (id: string) => void;
  /** Takes a unit away, as somebody with the engine's own client does. */
  readonly vanish: (id: string) => void;
  /** From now on a run of it that is killed takes the whole unit along, as what cannot be ended otherwise does. */
  readonly makeStubborn: (id: string) => void;
  /** Lets the exits of all runs of a unit reject, as when the connection to an engine breaks. */
  readonly breakRuns: (id: string, error?: MoorageError) => void;
};

export type Faults = {
  readonly add: MemoryEngineControl["failNext"];
  /** What every call of the engine does first: a turn passes, then it is refused when canceled or told to fail. */
  readonly enter: (method: FailingMethod, signal: AbortSignal | undefined) => Promise<void>;
};

export function createFaults(): Faults {
  const queued: { readonly method: FailingMethod; readonly error: MoorageError }[] = [];
  return {
    add: (method, error) => {
      queued.push({ method, error });
    },
    enter: async (method, signal) => {
      await nextTurn();
      throwIfCanceled(signal);
      const index = queued.findIndex((fault) => fault.method === method);
      const [fault] = index === -1 ? [] : queued.splice(index, 1);
      if (fault !== undefined) throw fault.error;
    },
  };
}

export function createControl(host: MemoryHost, faults: Faults, clock: Clock): MemoryEngineControl {
  const unitOf = (id: string) => {
    const unit = host.units.get(id);
    if (unit === undefined) throw new Error(`The memory engine has no unit ${id}.`);
    return unit;
  };
  return {
    host,
    failNext: faults.add,
    units: () => [...host.units.values()].map((unit) => unit.spec),
    stop: (id) => stopUnit(unitOf(id), clock.now()),
    vanish: (id) => {
      stopUnit(unitOf(id), clock.now());
      host.units.delete(id);
    },
    makeStubborn: (id) => {
      unitOf(id).stubborn = true;
    },
    breakRuns: (id, error = new MoorageError("ENGINE_FAILED", `The engine lost the runs of ${id}.`)) => {
      for (const run of unitOf(id).runs) run.fail(error);
    },
  };
}
