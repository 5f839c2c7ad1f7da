import type { Membership } from "./named-networks.ts";
import type { NetworkPolicy } from "./networks.ts";

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
  /** A volume of `EngineVolumes` that outlives the unit. */
  | { readonly type: "named"; readonly volume: string }
  /** A directory of the engine's host: absolute, already resolved and allowed. */
  | { readonly type: "host"; readonly path: string }
  /** Memory, counted against the unit's limit. */
  | { readonly type: "memory"; readonly sizeBytes: number };

/**
 * The image's own program as the main process, its entry point respected. It starts in the image's own directory; when
 * it ends, the sandbox has ended. The end of what it prints is kept for `lastOutput`.
 */
export type MainCommand = {
  /** In the place of the image's own arguments; absent: those. */
  readonly command?: readonly string[];
};

export type PortBinding = { readonly port: number; readonly hostPort: number; readonly protocol: "tcp" | "udp" };

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
  /** Of a sandbox: what it runs instead of a process of the engine's that waits for runs. */
  readonly main?: MainCommand;
  /** Published on 127.0.0.1 of the engine's host; needs a network. CONFLICT when a host port is taken. */
  readonly ports?: readonly PortBinding[];
  /** Engines without `networks` know `none` only. */
  readonly network: NetworkPolicy;
  /** Of the policy `named`. NOT_FOUND when the network is not there. */
  readonly membership?: Membership;
  /** Runtime class, such as `runsc`; absent: the engine's own default. Engines without `runtimes` know no other. */
  readonly runtime?: string;
  /** Labels for other tools, beside Moorage's own. */
  readonly labels?: Readonly<Record<string, string>>;
};

export type UnitState = "created" | "running" | "paused" | "exited";

export type UnitInfo = {
  readonly id: string;
  readonly kind: UnitKind;
  readonly state: UnitState;
  /** Of the main process, once exited. */
  readonly exitCode: number | null;
  /** True when the kernel ended a process of it for memory, the main one or another. */
  readonly oomKilled: boolean;
  readonly createdAt: number;
  /** Milliseconds since 1970; null before. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
};

/** Holding a sandbox still: its processes keep their memory and get no processor. Both are idempotent. */
export type Freezer = {
  /** Why nothing can be held still on this host, in words; undefined where it can. Pausing is ENGINE_UNSUPPORTED then. */
  readonly obstacle: (signal?: AbortSignal) => Promise<string | undefined>;
  /** SANDBOX_NOT_RUNNING when the sandbox is stopped or absent. Until `unpause` runs in it are refused alike. */
  readonly pause: (id: string, signal?: AbortSignal) => Promise<void>;
  readonly unpause: (id: string, signal?: AbortSignal) => Promise<void>;
};
