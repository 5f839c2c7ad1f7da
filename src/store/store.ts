import type {
  EngineName,
  Isolation,
  Limits,
  PackageManager,
  ProfileName,
  PublishedPort,
  Readiness,
  ReceiptHead,
  RunKind,
  RunStatus,
  PausedBy,
  SandboxState,
} from "../contracts/types.ts";
import type { KeyRows, LoginRows, UserRows } from "./access.ts";
import type { ContextRows } from "./contexts.ts";
import type { SampleRows } from "./samples.ts";
import type { BuildRow, BuildRows } from "./builds.ts";
import type { ExportRow } from "./exports.ts";
import type { DirectoryUse } from "./directories.ts";
import type { EndingRows, WorkRows } from "./works.ts";
import type { TeamRows } from "./teams.ts";
import type { QuotaRows } from "./quotas.ts";
import type { ImageRows } from "./images.ts";
import type { EventRows } from "./events.ts";
import type { KeptCalls } from "./kept-calls.ts";
import type { LentNames } from "./lent-names.ts";
import type { Page, PageQuery } from "./page.ts";
import type { NamedRows, VolumeUse } from "./named-things.ts";
import type { SandboxBase, SnapshotRows, SnapshotUse } from "./snapshots.ts";

export type * from "./access.ts";
export type * from "./contexts.ts";
export type * from "./builds.ts";
export type * from "./exports.ts";
export type * from "./works.ts";
export type * from "./images.ts";
export type * from "./kept-calls.ts";
export type * from "./lent-names.ts";
export type * from "./page.ts";
export type * from "./snapshots.ts";
export type * from "./named-things.ts";
export type * from "./samples.ts";
export type * from "./quotas.ts";
export type * from "./teams.ts";

export type * from "./events.ts";
export type * from "./run-logs.ts";
export type * from "./directories.ts";

/** `pool`: started ahead, without an owner; never seen from outside. */
export type StoredState = SandboxState | "pool";

export type SandboxRow = {
  readonly id: string;
  readonly owner: string;
  readonly name: string | null;
  readonly conversationId: string | null;
  readonly state: StoredState;
  readonly reason: string | null;
  readonly stateSince: string;
  readonly pausedBy: PausedBy | null;
  /** Of one in the pool: what it is like; null once it has an owner. */
  readonly poolKey: string | null;
  /** A change of the state that has begun: nobody else begins one meanwhile. */
  readonly pending: PendingChange | null;
  /** Counts the transitions, so that a view that has become old is told. */
  readonly revision: number;
  readonly image: string | null;
  readonly imageDigest: string | null;
  /** The snapshot that it is made of; null: of an image. */
  readonly snapshot: SnapshotUse | null;
  /** What it stands on since it was archived: its own root filesystem as it was then; null: what it was made from. */
  readonly base: SandboxBase | null;
  /** What the engine makes it from, where that is an image of ours on top of `image`; null: `image` itself. */
  readonly unitImage: string | null;
  readonly dependencies: readonly string[];
  readonly packageManager: PackageManager | null;
  /** True: its main process is the image's own program, with these arguments instead of the image's where there are some. */
  readonly useImageCommand: boolean;
  readonly command: readonly string[] | null;
  readonly volume: VolumeUse | null;
  /** The directory of the host that it works in, for as long as it exists. */
  readonly directory: DirectoryUse | null;
  readonly ports: readonly PublishedPort[];
  readonly readiness: Readiness | null;
  readonly readinessTimeoutMs: number;
  readonly readinessIntervalMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly profile: ProfileName;
  readonly limits: Limits;
  /**
   * Of one that took more disk than it may: what it took when its runs were ended for it, or less where something was
   * removed since. Null: it keeps its limit.
   */
  readonly diskOverBytes: number | null;
  readonly network: string;
  /** Of the policy `net:NAME`: which network that was when it was made. */
  readonly networkId: string | null;
  /** Null: the engine's own default. */
  readonly runtime: string | null;
  readonly engine: EngineName;
  readonly isolation: Isolation;
  /** Its owner's own, not the engine's. */
  readonly labels: Readonly<Record<string, string>>;
  /** 0: never. */
  readonly idleTimeoutMs: number;
  /** What a renewal counts anew. */
  readonly ttlMs: number | null;
  readonly expiresAt: string | null;
  readonly createdAt: string;
  readonly lastActiveAt: string;
  /** The process that is creating it; a dead one's half-made sandbox is swept. */
  readonly holder: string;
};

export type StateAction = "start" | "stop" | "pause" | "resume" | "archive" | "snapshot" | "remove";

/** What a process that ends in the middle of a change leaves for the next to finish or to undo. */
export type PendingChange = {
  /** Tells it apart from every other. */
  readonly id: string;
  readonly action: StateAction;
  readonly by: PausedBy;
  readonly reason: string | null;
  /** Of a removal: what its owner is told in the sandbox's place; absent: nothing of it stays. */
  readonly news?: string;
  readonly holder: string;
};

/** What is absent does not matter. */
export type SandboxFilter = {
  readonly states?: readonly SandboxState[] | undefined;
  /** All of them. */
  readonly labels?: readonly (readonly [key: string, value: string])[] | undefined;
  readonly namePrefix?: string | undefined;
  readonly image?: string | undefined;
};

type StateField = "state" | "reason" | "stateSince" | "pausedBy" | "pending" | "revision";
export type Transition = Partial<
  Pick<
    SandboxRow,
    | Exclude<StateField, "revision">
    | "holder"
    | "lastActiveAt"
    | "ttlMs"
    | "expiresAt"
    | "base"
    | "imageDigest"
    | "directory"
  >
>;

/** What a transition has to find; what is absent does not matter. */
export type TransitionFrom = {
  readonly states?: readonly StoredState[];
  readonly revision?: number;
  /** The id of the pending change; null: none is pending. */
  readonly pending?: string | null;
};

/** What of a sandbox is compared with its engine. */
export type SandboxGlance = Pick<SandboxRow, "id" | "engine" | "state" | "revision"> & {
  /** A change of it is announced. */
  readonly changing: boolean;
};

export type DueTimes = {
  /** Chooses those whose time to live is up then. */
  readonly now: string;
  /** Chooses those that have been paused or stopped since then or longer; null: none. */
  readonly restingSince: string | null;
};

export type { RunKind };

export type RunFilter = {
  readonly sandboxId?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly kind?: RunKind | undefined;
  readonly agentId?: string | undefined;
};

export type RunRow = {
  readonly id: string;
  readonly kind: RunKind;
  readonly sandboxId: string;
  readonly owner: string;
  readonly keyId: string | null;
  readonly agentId: string | null;
  readonly command: readonly string[];
  readonly status: RunStatus;
  readonly exitCode: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly truncated: boolean;
  readonly timedOut: boolean;
  readonly oomKilled: boolean;
  readonly signal: string | null;
  readonly startedAt: string;
  readonly durationMs: number | null;
  readonly engine: EngineName;
  readonly isolation: Isolation;
  readonly image: string | null;
  readonly imageDigest: string | null;
  readonly profile: ProfileName;
  readonly limits: Limits;
  readonly network: string;
  /** Null: the engine's own default. */
  readonly runtime: string | null;
  readonly peakMemoryBytes: number | null;
  readonly receiptId: string | null;
  readonly warnings: readonly string[];
  /** Why it was ended from outside, and by whom; written before it is, while it is running. */
  readonly reason: string | null;
  /** Of a job: the host directory at /workspace. */
  readonly workspacePath: string | null;
  /** True while the host directory belongs to the job's user instead of root. */
  readonly workspaceHandedOver: boolean;
  readonly workspaceBefore: string | null;
  /** The process that watches it while it is running. */
  readonly holder: string;
  /** By which the engine finds it again when that process is gone; null before it has started. */
  readonly handle: string | null;
  /** When it started, by the monotonic clock of its holder's machine; null before, and with another holder. */
  readonly startedMs: number | null;
  /** When its end was recorded, in ms as timers count, so for its age alone; null before. */
  readonly endedAt: number | null;
};

/** A run without what it printed, which may be large. */
export type RunSummary = Omit<RunRow, "stdout" | "stderr">;

/** A link of the chain as it is kept: `text` is the exact canonical JSON that was hashed, `hash` and `signature` apart. */
export type ReceiptRow = {
  readonly sequence: number;
  readonly id: string;
  readonly owner: string;
  readonly text: string;
  readonly hash: string;
  readonly signature: string;
  /** Whether it is of a mere change, and so a part of the audit log alone. */
  readonly change: boolean;
};

/** What a receipt is of. A change has no row of its own, and is not waited for until the disk has it. */
export type Ended =
  | { readonly run: RunRow }
  | { readonly build: BuildRow }
  | { readonly export: ExportRow }
  | { readonly change: true };

export type ChainLink = { readonly row: ReceiptRow; readonly head: ReceiptHead };

/** Sandboxes that were started ahead, alike in what they cannot be given any more. */
export type PooledKind = {
  readonly poolKey: string;
  readonly engine: EngineName;
  readonly limits: Pick<Limits, "memoryBytes" | "cpus" | "pids">;
};

export type SandboxRows = {
  /**
   * CONFLICT when the owner's name or the conversation id is taken, or its volume, its directory or one of its host
   * ports by somebody else.
   */
  readonly insert: (row: SandboxRow) => Promise<void>;
  readonly get: (id: string) => Promise<SandboxRow | undefined>;
  /** By id, the owner's name, or conversation id; only the owner's own. */
  readonly find: (owner: string, ref: string) => Promise<SandboxRow | undefined>;
  readonly list: (owner: string, query: PageQuery & SandboxFilter) => Promise<Page<SandboxRow>>;
  /**
   * Takes the oldest of an engine's pool that is of a kind, and makes it what `make` says, in one step; undefined when
   * there is none. CONFLICT when the name is taken.
   */
  readonly claim: (kind: PooledKind, make: (pooled: SandboxRow) => SandboxRow) => Promise<SandboxRow | undefined>;
  /** Moves every time by which a timer or the age of a run counts, of all owners; `moved` is called in the same step, before any other writes. */
  readonly shiftTimers: (milliseconds: number, moved: () => void) => Promise<void>;
  /** Of all owners and each one whole: for what is rare, since it takes as long as there are many. */
  readonly all: () => Promise<readonly SandboxRow[]>;
  /** Of all owners and engines: those in one of the states. */
  readonly glances: (states: readonly StoredState[]) => Promise<readonly SandboxGlance[]>;
  /**
   * Of all owners and engines: those for which something may be due, which are all that start or run, all with an
   * announced change, and what the times choose.
   */
  readonly due: (times: DueTimes) => Promise<readonly SandboxRow[]>;
  /** Of all owners and engines: those with an announced change. */
  readonly changing: () => Promise<readonly SandboxRow[]>;
  /** Those that were started ahead, or are starting so, and that nobody has claimed, on all engines; the oldest first. */
  readonly unclaimed: () => Promise<readonly SandboxRow[]>;
  /** Whether a sandbox of whomever has the host port, for either protocol. */
  readonly isHostPortTaken: (hostPort: number) => Promise<boolean>;
  /** Of all owners: those on an engine, running or paused, whose way out is a proxy. */
  readonly behindProxy: (engine: EngineName) => Promise<readonly SandboxRow[]>;
  /**
   * Changes the state in one step, compare and set: the row as it is now, or undefined when there is none that is as it
   * has to be. The only writer of states.
   */
  readonly transition: (id: string, from: TransitionFrom, change: Transition) => Promise<SandboxRow | undefined>;
  /** Changes what is no part of the state and can change; absent rows are passed over. */
  readonly update: (id: string, change: Partial<Omit<SandboxRow, StateField | "ports">>) => Promise<void>;
  /** Notes when it was used last, without waiting for the disk. */
  readonly touch: (id: string, lastActiveAt: string) => Promise<void>;
  /** False: there is none that is as it has to be. @default from however it is */
  readonly remove: (id: string, from?: TransitionFrom) => Promise<boolean>;
};

export type RunRows = EndingRows<RunRow> & {
  /**
   * CONFLICT when somebody else works in its directory who does not share it, or in one above or below. A run in a
   * sandbox and every change of an open run survive the end of this process, but not for certain a loss of power.
   */
  readonly insert: (row: RunRow) => Promise<void>;
  /** Notes that it has started, and how its engine finds it again, without waiting for the disk. */
  readonly setStarted: (id: string, started: { readonly handle: string; readonly startedMs: number }) => Promise<void>;
  /**
   * Notes why somebody else is ending it, or that nobody is, without waiting for the disk. With `from` only where that
   * is what is noted by now.
   */
  readonly setReason: (id: string, reason: string | null, from?: string) => Promise<void>;
  readonly find: (owner: string, id: string) => Promise<RunRow | undefined>;
  /** Those that every given part of the filter fits. */
  readonly list: (owner: string, filter: RunFilter, query: PageQuery) => Promise<Page<RunSummary>>;
  /** Takes an open run over from a dead holder; false when somebody else was faster. */
  readonly claim: (id: string, from: string, to: string) => Promise<boolean>;
};

export type ReceiptRows = {
  /**
   * Adds the receipt of what has ended and closes that with it, atomically: `make` gets the last link, or undefined for
   * the first, and its result becomes the end.
   */
  readonly append: (make: (last: ReceiptRow | undefined) => ChainLink, ended: Ended) => Promise<ReceiptRow>;
  readonly find: (owner: string, id: string) => Promise<ReceiptRow | undefined>;
  /** Without those of mere changes. */
  readonly list: (owner: string, query: PageQuery) => Promise<Page<ReceiptRow>>;
  /** All of them; of a user and the user's agents, or of everybody. */
  readonly audit: (user: string | undefined, query: PageQuery) => Promise<Page<ReceiptRow>>;
  /** The whole chain in its order. What is appended meanwhile may follow. */
  readonly chain: () => AsyncIterable<ReceiptRow>;
  readonly head: () => Promise<ReceiptHead | undefined>;
};

/** What the egress proxy decided about one request of a sandbox or a job. */
export type EgressRow = {
  readonly sandboxId: string;
  readonly owner: string;
  readonly at: string;
  readonly host: string;
  readonly port: number;
  readonly allowed: boolean;
  readonly reason: string | null;
};

export type EgressRows = {
  /** The latest 1000 of a sandbox are kept. */
  readonly append: (row: EgressRow) => Promise<void>;
  readonly list: (owner: string, sandboxId: string, query: PageQuery) => Promise<Page<EgressRow>>;
};

/** The persistence port. Every method may reject with STATE_UNUSABLE, and each that writes with DISK_FULL. */
export type Store = AsyncDisposable & {
  readonly sandboxes: SandboxRows;
  readonly users: UserRows;
  readonly teams: TeamRows;
  readonly keys: KeyRows;
  readonly logins: LoginRows;
  /** Kept to by all that inserts or starts: QUOTA_EXCEEDED, and nothing is written. */
  readonly quotas: QuotaRows;
  readonly contexts: ContextRows;
  readonly images: ImageRows;
  readonly lentNames: LentNames;
  readonly keptCalls: KeptCalls;
  readonly exports: WorkRows<ExportRow>;
  readonly builds: BuildRows;
  readonly snapshots: SnapshotRows;
  readonly volumes: NamedRows;
  readonly networks: NamedRows;
  readonly runs: RunRows;
  readonly receipts: ReceiptRows;
  readonly egress: EgressRows;
  readonly samples: SampleRows;
  readonly events: EventRows;
  /** The engines on which something is that the registry knows. */
  readonly engines: () => Promise<readonly EngineName[]>;
};
