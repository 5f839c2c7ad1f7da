/**
 * The engine port: what runs containers, in our own words. It assumes no shared filesystem and no reachable container
 * address. Every id here is Moorage's; an engine's own ids never leave its adapter. An engine acts only on units that
 * carry this deployment's valid signature: others are absent to it.
 */
export type EngineName = "docker" | "process" | "memory";
export type Isolation = "container" | "namespaces" | "none";
export type UnitKind = "sandbox" | "job";

export type EngineLimits = {
  /** Bytes; swap is never added to it. */
  readonly memoryBytes: number;
  /** Processors, fractions allowed. */
  readonly cpus: number;
  /** Processes and threads at one time. */
  readonly pids: number;
};

/** What is mounted at `/workspace`, which is also the working directory. */
export type Workspace =
  /** Storage of the unit's own that lives and goes with it. */
  | { readonly type: "volume" }
  /** A directory of the engine's host: absolute, already resolved and allowed. */
  | { readonly type: "host"; readonly path: string }
  /** Memory, counted against the unit's limit. */
  | { readonly type: "memory"; readonly sizeBytes: number };

export type UnitSpec = {
  readonly id: string;
  readonly kind: UnitKind;
  /** Resolved reference; absent on engines without images. */
  readonly image?: string;
  /** Numeric user; absent: the image's own. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly env: Readonly<Record<string, string>>;
  readonly workspace: Workspace;
  readonly limits: EngineLimits;
  /** False: the root filesystem is read-only, with capped memory at /tmp, /run and $HOME. */
  readonly writableRoot: boolean;
  /** Linux capabilities kept, without `CAP_`; all others are dropped. */
  readonly capabilities: readonly string[];
  /** Network policy; engines without `networks` know `none` only. */
  readonly network: "none";
  /** Labels for other tools, beside Moorage's own. */
  readonly labels?: Readonly<Record<string, string>>;
};

export type RunSpec = {
  /** Program and arguments, not empty. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path inside the unit. */
  readonly cwd: string;
  /** Absent: stdin is at its end from the start. */
  readonly stdin?: AsyncIterable<Uint8Array>;
};

/** A one-shot unit: its only run is its main process. */
export type JobSpec = UnitSpec &
  RunSpec & {
    /**
     * Milliseconds after which the unit ends itself even when nobody watches it any more. The caller keeps the exact
     * deadline with `terminate` and `kill`; the unit's own comes at most 3 s later.
     */
    readonly deadlineMs: number;
  };

export type OutputChunk = { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array };

export type RunExit = {
  /** 0 to 255, exactly the program's; 126 found but not executable, 127 not found; null when the engine lost it. */
  readonly exitCode: number | null;
  /** The signal that ended the program, only where the engine knows it. */
  readonly signal: string | null;
  /** True when the kernel ended a process of the unit for memory during this run. */
  readonly oomKilled: boolean;
  /** Highest memory use of the unit, bytes, where the engine measured it. */
  readonly peakMemoryBytes: number | null;
};

/** A run that goes on. Dropping it does not end it: `kill` does. */
export type EngineRun = {
  /**
   * What the program prints, in order for each stream; ends when the run has ended. Reading slowly slows the program
   * down; memory use is capped. To be read once.
   */
  readonly output: AsyncIterable<OutputChunk>;
  /** Settles when the program has ended, after `kill` also when nobody reads the output; rejects with a MoorageError when the engine failed. */
  readonly exit: Promise<RunExit>;
  /** Sends TERM to the whole process tree. Resolves when sent. */
  readonly terminate: () => Promise<void>;
  /**
   * Ends the whole process tree at once and resolves when it is confirmed gone. `unitStopped` is true where that took
   * stopping the unit itself (always for jobs). Output printed before is still delivered. Of a run that has ended by
   * itself it ends what is left of the tree.
   */
  readonly kill: () => Promise<{ readonly unitStopped: boolean }>;
};

export type UnitState = "created" | "running" | "paused" | "exited";

export type UnitInfo = {
  readonly id: string;
  readonly kind: UnitKind;
  readonly state: UnitState;
  /** Of the main process, once exited. */
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
  readonly createdAt: number;
  /** Milliseconds since 1970; null before. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
};

export type ImageInfo = {
  /** What the unit is created from. */
  readonly reference: string;
  /** Content address, `sha256:…`. */
  readonly digest: string;
  readonly sizeBytes: number;
};

export type ImageStore = {
  /**
   * The image of this reference, pulled when it is missing. IMAGE_NOT_FOUND when no registry has it, IMAGE_UNAVAILABLE
   * when none answers.
   */
  readonly ensure: (
    reference: string,
    options: { readonly signal?: AbortSignal; readonly onProgress?: (message: string) => void },
  ) => Promise<ImageInfo>;
  /** The local image, undefined when there is none; never pulls. */
  readonly find: (reference: string, signal?: AbortSignal) => Promise<ImageInfo | undefined>;
  /**
   * Builds from a Dockerfile alone, without a context. IMAGE_BUILD_FAILED with the last lines of the log in
   * `details.log`.
   */
  readonly build: (
    spec: { readonly tag: string; readonly dockerfile: string; readonly labels: Readonly<Record<string, string>> },
    options: { readonly signal?: AbortSignal; readonly onLog?: (line: string) => void },
  ) => Promise<ImageInfo>;
};

export type EntryInfo = {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly sizeBytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  readonly modifiedAt: number;
};

/**
 * Files of a unit. Paths are absolute inside the unit, normalised, without `..`. A path that leads out of `/workspace`
 * by a symlink is PATH_NOT_ALLOWED; a missing one FILE_NOT_FOUND; an absent unit NOT_FOUND. `stat` and `remove` take a
 * symlink itself, `list` and `download` follow it.
 */
export type UnitFiles = {
  readonly list: (id: string, path: string, signal?: AbortSignal) => Promise<readonly EntryInfo[]>;
  readonly stat: (id: string, path: string, signal?: AbortSignal) => Promise<EntryInfo>;
  /** A file or a tree as tar; entry names begin with the last part of `path`. */
  readonly download: (id: string, path: string, signal?: AbortSignal) => AsyncIterable<Uint8Array>;
  /**
   * Unpacks tar into a directory, making it when missing. Entries belong to the unit's user and take the place
   * of what has their name, a symlink included. Entries with `..`, absolute names, devices or links that lead out are
   * PATH_NOT_ALLOWED; what is no tar is INVALID_INPUT.
   */
  readonly upload: (id: string, tree: UploadedTree, signal?: AbortSignal) => Promise<void>;
  /** Removes a file or a tree. */
  readonly remove: (id: string, path: string, signal?: AbortSignal) => Promise<void>;
};

export type UploadedTree = {
  /** The directory that it is unpacked into. */
  readonly path: string;
  readonly tar: AsyncIterable<Uint8Array>;
};

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

export type Engine = AsyncDisposable & {
  readonly name: EngineName;
  readonly isolation: Isolation;
  /** Rejects with ENGINE_NOT_INSTALLED, ENGINE_UNREACHABLE or ENGINE_PERMISSION when nothing can run. */
  readonly info: (signal?: AbortSignal) => Promise<EngineInfo>;
  /** Looks at everything that can be wrong; never rejects. */
  readonly diagnose: (signal?: AbortSignal) => Promise<readonly Diagnosis[]>;
  /**
   * Creates a sandbox and starts it; on failure nothing is left. CONFLICT when the id is taken, IMAGE_NOT_FOUND when
   * the image is not there, ENGINE_UNSUPPORTED for an image on an engine without images.
   */
  readonly createSandbox: (spec: UnitSpec, signal?: AbortSignal) => Promise<void>;
  /**
   * Creates a job and starts its command; fails as `createSandbox` does. The ended unit stays until `remove`. The signal
   * cancels the start only: then it rejects with CANCELED and nothing is left.
   */
  readonly startJob: (spec: JobSpec, signal?: AbortSignal) => Promise<EngineRun>;
  /**
   * Starts a run in a running sandbox; SANDBOX_NOT_RUNNING otherwise, INVALID_INPUT when its directory is missing. The
   * signal cancels the start only.
   */
  readonly exec: (id: string, spec: RunSpec, signal?: AbortSignal) => Promise<EngineRun>;
  /** Undefined when there is no such unit of this deployment. */
  readonly inspect: (id: string, signal?: AbortSignal) => Promise<UnitInfo | undefined>;
  /** Every unit of this deployment, running or not. */
  readonly list: (signal?: AbortSignal) => Promise<readonly UnitInfo[]>;
  /** The last output of an ended job whose reader is gone, as far as the engine kept it. */
  readonly lastOutput: (id: string, signal?: AbortSignal) => Promise<readonly OutputChunk[]>;
  /** Ends and removes a unit with its storage; absent ones are no error. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
  readonly files: UnitFiles;
  /** Absent on engines that run the host's own programs. */
  readonly images?: ImageStore;
};
