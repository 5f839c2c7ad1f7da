import type { ProfileName } from "../contracts/types.ts";
import type { EngineLimits } from "../engine/engine.ts";
import type { TurnLimits } from "./image/build/build-turns.ts";
import type { LogRetention, Retention } from "../store/store.ts";

/** What the administrator decided; every value comes from the configuration. */
export type Policy = {
  /** Image of sandboxes and jobs that name none. */
  readonly defaultImage: string;
  readonly agent: AgentDefaults;
  /** What no caller may exceed. */
  readonly maxima: EngineLimits & { readonly diskBytes: number; readonly timeoutMs: number };
  /** What is to stay free on the disks of the engine and of the state, bytes, but never more than 5 % of one. */
  readonly keepFreeBytes: number;
  /** Host directories below which a workspace may lie; absolute. */
  readonly workspaceRoots: readonly string[];
  /** Host directories that no workspace may contain or lie in: Moorage's own state. */
  readonly protectedDirectories: readonly string[];
  /** Runtime classes that callers may choose; undefined: all of the engine's. */
  readonly runtimes?: readonly string[] | undefined;
  /** Bytes of each output stream that a record keeps, half from the head and half from the tail. */
  readonly recordBytes: number;
  readonly recordRetention: Retention;
  readonly logRetention: LogRetention;
  /** Time between TERM and KILL. */
  readonly graceMs: number;
  readonly snapshots: {
    /** What one may take by itself. */
    readonly maxBytes: number;
    readonly maxPerOwner: number;
  };
  readonly build: {
    readonly context: ContextPolicy;
    readonly dockerfile: DockerfilePolicy;
    /** How many may be at work at once in one process. */
    readonly turns: TurnLimits;
  };
  /** Registries off the public internet, `host` or `host:port`, that images may come from and go to; undefined: all. */
  readonly registryHosts?: readonly string[] | undefined;
  readonly images: {
    /** The `registryHosts` of callers with a key. */
    readonly registries: readonly string[];
    /** What those that were built and imported may take together, each counted with the layers that it shares. */
    readonly quotaBytes: number;
    /** Of an archive that is imported, and once more of what its layers unpack to. */
    readonly maxImportBytes: number;
    /** What exports are called that say nothing else. */
    readonly exports: { readonly registry: string; readonly prefix: string; readonly version: string };
  };
  /** Keys and tokens that open nothing, from one address. */
  readonly failedSignInsPerMinute: number;
  readonly timers: Timers;
  readonly stats: StatsPolicy;
  /** Sandboxes to be started ahead. */
  readonly pool: readonly PoolEntry[];
};

/** What a build context may be. */
export type ContextPolicy = {
  readonly maxFiles: number;
  readonly maxBytes: number;
  readonly maxFileBytes: number;
  /** Staged ones of one owner. */
  readonly maxPerOwner: number;
  readonly keptMs: number;
  readonly gitTimeoutMs: number;
  /** `host` or `host:port` of repositories that need not be on the public internet, nor have TLS. */
  readonly gitHosts: readonly string[];
};

/** What images may be built of. */
export type DockerfilePolicy = {
  /** Whether findings refuse a build, are only told, or are not looked for. */
  readonly mode: "enforce" | "warn" | "off";
  /** Registries, or paths of images in them such as `docker.io/library`, of which a build may begin; `*`: all. */
  readonly allowedRegistries: readonly string[];
  /** Whether ADD may name a URL, which the engine fetches from the network of its host. */
  readonly allowAddUrl: boolean;
};

export type PoolEntry = {
  /** @default the default image */
  readonly image?: string | undefined;
  /** @default "sandbox" */
  readonly profile?: ProfileName | undefined;
  /** @default "none" */
  readonly network?: string | undefined;
  /** How many are kept ready. */
  readonly size: number;
};

/** What a server keeps of what sandboxes take, in milliseconds. */
export type StatsPolicy = {
  /** Between two samples; 0: none are taken. */
  readonly sampleMs: number;
  readonly keptMs: number;
};

/** When the reaper acts, in milliseconds. */
export type Timers = {
  /** Of sandboxes that name none; 0: never. */
  readonly idleTimeoutMs: number;
  /** How long a unit without a row is left alone: it may belong to somebody who works on the same state. */
  readonly orphanGraceMs: number;
  /** How long one may be paused or stopped until its workspace alone is kept; 0: for ever. */
  readonly archiveAfterMs: number;
  /** Between two sweeps of the server. */
  readonly sweepMs: number;
};

/** Defaults of `agent run`, before the profile's own. */
export type AgentDefaults = {
  /** Undefined: Moorage's own small image. */
  readonly image: string | undefined;
  readonly network: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly cpus: number | undefined;
  readonly timeoutMs: number | undefined;
};
