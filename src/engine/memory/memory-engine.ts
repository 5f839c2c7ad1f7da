import { randomBytes } from "node:crypto";
import { after } from "../../base/after.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Engine, EngineRun, JobSpec, MainCommand, RunSpec } from "../engine.ts";
import { refuseOversize } from "../refuse-oversize.ts";
import { createUnitLabels, type UnitLabels } from "../unit-labels.ts";
import { builtInPrograms } from "./run/built-in-programs.ts";
import { createControl, createFaults, type Faults, type MemoryEngineControl } from "./control.ts";
import { MEMORY_RUNTIMES, createUnit } from "./create-unit.ts";
import { createMemoryDisk } from "./memory-disk.ts";
import { createMemoryFiles } from "./file/memory-files.ts";
import { createMemoryImages } from "./images.ts";
import { namedImage } from "./memory-image.ts";
import { lifecycleMethods } from "./lifecycle.ts";
import { stopUnit, unitInfo, type MemoryHost, type MemoryUnit } from "./memory-host.ts";
import { createMemorySnapshots } from "./memory-snapshots.ts";
import { createMemoryNetworks } from "./memory-networks.ts";
import { createMemoryRegistry, type MemoryRegistry, type MemoryRegistryOptions } from "./memory-registry.ts";
import { createMemoryVolumes } from "./memory-volumes.ts";
import { memoryOutput } from "./memory-output.ts";
import { memoryStats } from "./memory-stats.ts";
import { createMemoryPorts } from "./memory-ports.ts";
import type { MemoryProgram } from "./run/program.ts";
import { resolvePath } from "./file/resolve-path.ts";
import { runUser } from "./run/run-user.ts";
import { startRun, stopStubborn } from "./run/start-run.ts";

const LOCAL_IMAGES = ["python:3.11-slim", "debian:bookworm-slim", "busybox:latest"];
/** How much later than its deadline a job ends by itself, so that its caller's own deadline comes first. */
const GUARD_MS = 1_000;

export type MemoryEngineOptions = {
  /** Default: a deployment of its own. */
  readonly labels?: UnitLabels;
  /** Beside the built-in ones, and before them. */
  readonly programs?: Readonly<Record<string, MemoryProgram>>;
  readonly clock?: Clock;
  /** Default: an empty host with three images. */
  readonly host?: MemoryHost;
  /** References that can be pulled. Default: none. */
  readonly registry?: readonly string[];
  /** Users and their passwords, by the hosts of registries that let nobody else in. Default: none. */
  readonly logins?: MemoryRegistryOptions["logins"];
};

export type MemoryEngine = { readonly engine: Engine; readonly control: MemoryEngineControl };

/** A host without units; `images` are there from the start. */
export function createMemoryHost(images: readonly string[] = LOCAL_IMAGES): MemoryHost {
  return {
    units: new Map(),
    volumes: new Map(),
    networks: new Map(),
    images: new Map(images.map((reference) => [reference, namedImage(reference)])),
  };
}

/**
 * An engine of units, files and programs in the memory of this process: for tests of what stands on an engine. It does
 * the work of the port in full and isolates nothing.
 */
export function createMemoryEngine(options: MemoryEngineOptions = {}): MemoryEngine {
  const faults = createFaults();
  const clock = options.clock ?? systemClock;
  const host = options.host ?? createMemoryHost();
  const labels = options.labels ?? createUnitLabels(newId(), randomBytes(32));
  const parts: Parts = { faults, clock, host, labels, programs: { ...builtInPrograms, ...options.programs } };
  const engine: Engine = {
    name: "memory",
    isolation: "none",
    ...selfDescription(faults),
    ...unitMethods(parts),
    ...startMethods(parts),
    ...lifecycleMethods(clock, async (method, id, signal) => {
      await faults.enter(method, signal);
      return ownUnit(parts, id);
    }),
    runtimes: async (signal) => {
      await faults.enter("runtimes", signal);
      return MEMORY_RUNTIMES;
    },
    files: createMemoryFiles(async (method, id, signal) => {
      await faults.enter(`files.${method}`, signal);
      const unit = ownUnit(parts, id);
      if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
      return unit;
    }),
    stats: async (id, signal) => {
      await faults.enter("stats", signal);
      return memoryStats(id, ownUnit(parts, id), clock);
    },
    sample: async (ids, signal) => {
      await faults.enter("sample", signal);
      const running = ids.map((id) => ownUnit(parts, id)).filter((unit) => unit?.info.state === "running");
      return new Map(
        running.flatMap((unit) => (unit === undefined ? [] : [[unit.id, memoryStats(unit.id, unit, clock)]])),
      );
    },
    disk: createMemoryDisk(async (method, id, signal) => {
      await faults.enter(`disk.${method}`, signal);
      return ownUnit(parts, id);
    }, host),
    ports: createMemoryPorts(async (method, id, signal) => {
      await faults.enter(`ports.${method}`, signal);
      return ownUnit(parts, id);
    }),
    snapshots: createMemorySnapshots(parts, (method, signal) => faults.enter(`snapshots.${method}`, signal)),
    networks: createMemoryNetworks(parts, (method, signal) => faults.enter(`networks.${method}`, signal)),
    volumes: createMemoryVolumes(parts, (method, signal) => faults.enter(`volumes.${method}`, signal)),
    images: createMemoryImages(host, registryOf(options), (method, signal) => faults.enter(`images.${method}`, signal)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { engine, control: createControl(host, faults, clock) };
}

function registryOf({ registry = [], logins = {} }: MemoryEngineOptions): MemoryRegistry {
  return createMemoryRegistry({ images: registry, logins });
}

type Parts = {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly host: MemoryHost;
  readonly labels: UnitLabels;
  readonly programs: Readonly<Record<string, MemoryProgram>>;
};

function ownUnit({ host, labels }: Parts, id: string): MemoryUnit | undefined {
  const unit = host.units.get(id);
  return unit !== undefined && isOwn(labels, unit) ? unit : undefined;
}

function isOwn(labels: UnitLabels, unit: MemoryUnit): boolean {
  return labels.verify(unit.labels)?.id === unit.id;
}

function selfDescription(faults: Faults): Pick<Engine, "info" | "diagnose"> {
  const warning = "The memory engine isolates nothing and limits neither processors nor processes: it is for tests.";
  return {
    info: async (signal) => {
      await faults.enter("info", signal);
      return { name: "memory", isolation: "none", version: process.version, warnings: [warning] };
    },
    diagnose: () =>
      Promise.resolve([{ check: "engine", status: "warning", message: warning, fix: "Choose another engine." }]),
  };
}

function unitMethods(
  parts: Parts,
): Pick<Engine, "inspect" | "list" | "lastOutput" | "outputSince" | "endLost" | "remove"> {
  const { faults, clock, host, labels } = parts;
  return {
    inspect: async (id, signal) => {
      await faults.enter("inspect", signal);
      const unit = ownUnit(parts, id);
      return unit && unitInfo(unit);
    },
    list: async (signal) => {
      await faults.enter("list", signal);
      return [...host.units.values()].filter((unit) => isOwn(labels, unit)).map(unitInfo);
    },
    lastOutput: async (id, signal) => {
      await faults.enter("lastOutput", signal);
      return [...(ownUnit(parts, id)?.lastOutput ?? [])];
    },
    outputSince: async (id, after, signal) => {
      await faults.enter("outputSince", signal);
      return memoryOutput(ownUnit(parts, id), after);
    },
    endLost: async (id, lost, signal) => {
      await faults.enter("endLost", signal);
      const unit = ownUnit(parts, id);
      const run = [...(unit?.runs ?? [])].find(({ handle }) => handle === lost.handle);
      if (unit === undefined || run === undefined) return false;
      await stopStubborn(unit, lost, clock);
      run.end({ exitCode: 137, signal: "SIGKILL" });
      return true;
    },
    remove: async (id, signal) => {
      await faults.enter("remove", signal);
      const unit = ownUnit(parts, id);
      if (unit === undefined) return;
      stopUnit(unit, clock.now());
      host.units.delete(id);
    },
  };
}

function startMethods(parts: Parts): Pick<Engine, "createSandbox" | "startJob" | "exec"> {
  const { faults, clock } = parts;
  return {
    createSandbox: async (spec, signal) => {
      await faults.enter("createSandbox", signal);
      const unit = await createUnit({ ...parts, spec });
      const { main } = spec;
      if (main === undefined) return;
      unit.main = () => startMain(parts, unit, main);
      await unit.main().catch((error: unknown) => {
        parts.host.units.delete(unit.id);
        throw error;
      });
    },
    startJob: async (spec, signal) => {
      await faults.enter("startJob", signal);
      const unit = await createUnit({ ...parts, spec });
      try {
        const run = await start(parts, unit, { ...programOf(spec), main: true });
        const cancelGuard = after(spec.deadlineMs + GUARD_MS, () => stopUnit(unit, clock.now()));
        void Promise.allSettled([run.exit]).then(cancelGuard);
        return run;
      } catch (error) {
        parts.host.units.delete(spec.id);
        throw error;
      }
    },
    exec: async (id, spec, signal) => {
      await faults.enter("exec", signal);
      const unit = ownUnit(parts, id);
      if (unit?.info.state !== "running") {
        throw new MoorageError(
          "SANDBOX_NOT_RUNNING",
          `The sandbox ${id} is ${unit?.info.state ?? "absent"}, not running.`,
        );
      }
      return start(parts, unit, spec);
    },
  };
}

function programOf({ command, env, cwd, stdin }: JobSpec): RunSpec {
  return { command, env, cwd, ...(stdin === undefined ? {} : { stdin }) };
}

async function startMain(parts: Parts, unit: MemoryUnit, { command }: MainCommand): Promise<void> {
  const image = unit.spec.image === undefined ? undefined : parts.host.images.get(unit.spec.image);
  const own = command ?? image?.command ?? [];
  if (own.length === 0) throw new MoorageError("START_FAILED", `The image ${unit.spec.image} has no command.`);
  const run = await start(parts, unit, { command: own, env: {}, cwd: "/", main: true });
  // Nobody reads it: what is kept is the end.
  void Array.fromAsync(run.output, () => undefined);
}

type StartSpec = RunSpec & { readonly main?: boolean };

async function start({ programs, clock }: Parts, unit: MemoryUnit, spec: StartSpec): Promise<EngineRun> {
  refuseOversize(spec);
  const cwd = await unit.files.stat(await resolvePath(unit.files, spec.cwd, true));
  if (cwd?.type !== "directory") {
    throw new MoorageError(
      "INVALID_INPUT",
      `The working directory ${spec.cwd} is no directory of the sandbox ${unit.id}.`,
    );
  }
  const user = await runUser(unit, spec.user);
  const name = spec.command[0] ?? "";
  const program = (Object.hasOwn(programs, name) ? programs[name] : undefined) ?? (await noProgram(unit, name));
  return startRun({ unit, user, spec, program, clock, main: spec.main ?? false });
}

async function noProgram(unit: MemoryUnit, name: string): Promise<MemoryProgram> {
  const exists = name.includes("/") && (await unit.files.stat(await resolvePath(unit.files, name, true))) !== undefined;
  return async ({ stderr }) => {
    await stderr(`${name}: ${exists ? "cannot be executed" : "not found"}\n`);
    return exists ? 126 : 127;
  };
}
