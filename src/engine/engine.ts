import type { EngineDisk } from "./port/disk.ts";
import type { UnitFiles } from "./port/files.ts";
import type { ImageStore } from "./port/images.ts";
import type { EngineNetworks } from "./port/networks.ts";
import type { UnitPorts } from "./port/ports.ts";
import type { OutputPage } from "./port/output.ts";
import type { EngineRun, JobSpec, OutputChunk, RunSpec, StoppingUnit } from "./port/run.ts";
import type { Freezer, UnitInfo, UnitSpec } from "./port/unit.ts";
import type { EngineSnapshots } from "./port/snapshots.ts";
import type { UnitStats } from "./port/stats.ts";
import type { EngineVolumes } from "./port/volumes.ts";

export type * from "./port/builds.ts";
export type * from "./port/disk.ts";
export type * from "./port/files.ts";
export type * from "./port/image-info.ts";
export type * from "./port/images.ts";
export type * from "./port/named-networks.ts";
export type * from "./port/networks.ts";
export type * from "./port/output.ts";
export type * from "./port/ports.ts";
export type * from "./port/run.ts";
export type * from "./port/snapshots.ts";
export type * from "./port/stats.ts";
export type * from "./port/unit.ts";
export type * from "./port/volumes.ts";

/**
 * The engine port: what runs containers, in our own words; its parts are in `port/`. It assumes no shared filesystem and
 * no reachable container address. Every id here is Moorage's; an engine's own ids never leave its adapter. An engine
 * acts only on units that carry this deployment's valid signature: others are absent to it.
 */
export type EngineName = "docker" | "process" | "memory";
export type Isolation = "container" | "namespaces" | "none";

/** One observation of an engine about itself and its host, for `moorage doctor`. */
export type Diagnosis = {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed";
  readonly message: string;
  readonly fix: string | null;
};

export type EngineInfo = {
  readonly name: EngineName;
  readonly isolation: Isolation;
  /** The engine's own version, for people. */
  readonly version: string;
  /** Restrictions that users should know of, such as limits kept by a watchdog only. */
  readonly warnings: readonly string[];
};

export type LostRun = StoppingUnit & { readonly handle: string };

export type Engine = AsyncDisposable & {
  readonly name: EngineName;
  readonly isolation: Isolation;
  /** Rejects with ENGINE_NOT_INSTALLED, ENGINE_UNREACHABLE or ENGINE_PERMISSION when nothing can run. */
  readonly info: (signal?: AbortSignal) => Promise<EngineInfo>;
  /** Looks at everything that can be wrong; never rejects. */
  readonly diagnose: (signal?: AbortSignal) => Promise<readonly Diagnosis[]>;
  /**
   * Creates a sandbox and starts it; on failure nothing is left. CONFLICT when the id is taken, IMAGE_NOT_FOUND when
   * the image is not there, ENGINE_UNSUPPORTED for an image on an engine without images, for a main process on an engine
   * without one, and for a network policy that it cannot enforce; INVALID_INPUT when the kernel would not take so many bytes of
   * arguments and environment; START_FAILED when a main process cannot be started.
   */
  readonly createSandbox: (spec: UnitSpec, signal?: AbortSignal) => Promise<void>;
  /**
   * Creates a job and starts its command; fails as `createSandbox` does. The ended unit stays until `remove`. The signal
   * cancels the start only: then it rejects with CANCELED and nothing is left.
   */
  readonly startJob: (spec: JobSpec, signal?: AbortSignal) => Promise<EngineRun>;
  /**
   * Starts a run in a running sandbox; SANDBOX_NOT_RUNNING otherwise, INVALID_INPUT when its directory or its user is
   * missing or the kernel would not take its arguments, ENGINE_UNSUPPORTED for a terminal or another user on an engine that has none. The signal cancels the start
   * only.
   */
  readonly exec: (id: string, spec: RunSpec, signal?: AbortSignal) => Promise<EngineRun>;
  /**
   * Ends all that runs in a sandbox, paused or not: TERM to every process, KILL after `graceMs`. Its files stay. Of a
   * stopped sandbox it is no error; NOT_FOUND when there is none.
   */
  readonly stop: (id: string, options: { readonly graceMs: number }, signal?: AbortSignal) => Promise<void>;
  /**
   * Starts a stopped sandbox again, with its files, limits and environment; what was in memory is gone. Of a running one
   * it is no error; NOT_FOUND when there is none.
   */
  readonly start: (id: string, signal?: AbortSignal) => Promise<void>;
  /** Absent where the engine cannot hold a sandbox still. */
  readonly freezer?: Freezer;
  /**
   * Ends what is left of a sandbox's run whose Moorage is gone, by the run's handle, and answers whether anything of it
   * lived. False for a unit or a handle that is unknown; SANDBOX_NOT_RUNNING while the sandbox is paused, when nothing
   * can be ended in it; where ending it took stopping the sandbox, that is exited.
   */
  readonly endLost: (id: string, lost: LostRun, signal?: AbortSignal) => Promise<boolean>;
  /** Undefined when there is no such unit of this deployment. */
  readonly inspect: (id: string, signal?: AbortSignal) => Promise<UnitInfo | undefined>;
  /** Every unit of this deployment, running or not. */
  readonly list: (signal?: AbortSignal) => Promise<readonly UnitInfo[]>;
  /**
   * Listens to changes of units, from when it resolves: the id of one that was made, has started, ended, been paused,
   * resumed or removed, at least once for each time, soon after. It ends or rejects when the engine is heard no more.
   * Absent on engines that announce nothing.
   */
  readonly watch?: (signal: AbortSignal) => Promise<AsyncIterable<string>>;
  /**
   * The last output of a job whose reader is gone, and of a sandbox's own main process, as far as the engine kept it:
   * at most some megabytes. Empty where there is none.
   */
  readonly lastOutput: (id: string, signal?: AbortSignal) => Promise<readonly OutputChunk[]>;
  /**
   * What a sandbox's own main process has printed behind a place that an earlier page named, as far as the engine kept
   * it; without one from the oldest that is kept. INVALID_INPUT for what is no place.
   */
  readonly outputSince: (id: string, after: string | undefined, signal?: AbortSignal) => Promise<OutputPage>;
  /** Ends and removes a unit with its storage; absent ones are no error. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
  /** NOT_FOUND for an absent sandbox, SANDBOX_NOT_RUNNING for one that does not run. */
  readonly stats: (id: string, signal?: AbortSignal) => Promise<UnitStats>;
  /**
   * The same of many units, as cheaply as the engine can: for who measures all of them again and again. What does not
   * run is left out, and so is what nothing was measured of.
   */
  readonly sample: (ids: readonly string[], signal?: AbortSignal) => Promise<ReadonlyMap<string, UnitStats>>;
  readonly disk: EngineDisk;
  readonly files: UnitFiles;
  /** Absent on engines whose sandboxes have no network of their own between runs. */
  readonly ports?: UnitPorts;
  /** Names of the runtimes that units may be started by; absent where there is no choice. */
  readonly runtimes?: (signal?: AbortSignal) => Promise<readonly string[]>;
  /** Absent on engines that run the host's own programs. */
  readonly images?: ImageStore;
  /** Absent on engines that cannot make an image of a unit. */
  readonly snapshots?: EngineSnapshots;
  /** Absent on engines whose storage goes with the unit. */
  readonly volumes?: EngineVolumes;
  /** Absent on engines that can keep no policy but `none`. */
  readonly networks?: EngineNetworks;
};
