import type { Bell } from "../base/bell.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { KeyLimits, Role, Scope } from "../contracts/types.ts";
import type { Egress } from "../egress/egress.ts";
import type { Engine, EngineName } from "../engine/engine.ts";
import type { Identity } from "../identity/identity.ts";
import type { Credentials } from "../registry/credentials.ts";
import type { RunLogs, Store } from "../store/store.ts";
import type { OpenCalls } from "./access/open-calls.ts";
import type { BuildTurns } from "./image/build/build-turns.ts";
import type { EventBus } from "./event/event-bus.ts";
import type { DiskWatches } from "./disk/disk-watches.ts";
import type { Owed } from "./owed.ts";
import type { Policy } from "./policy.ts";
import type { Undone } from "./recovery/attempts.ts";
import type { LiveRuns } from "./run/live/live-runs.ts";
import type { Sightings } from "./sandbox/sightings.ts";
import type { Sessions } from "./session/sessions.ts";
import type { TimerClock } from "./timer-clock.ts";
import type { ReceiptSigner } from "./receipt/receipt-signer.ts";

/** Who calls, and what they may do. Everything that is made belongs to `owner`. */
export type Principal = {
  readonly owner: string;
  /** Who acts: the owner, or whose agent the owner is. */
  readonly user: string;
  readonly agent: boolean;
  /** The API key that was used; null on the local socket. */
  readonly keyId: string | null;
  /** Who vouches for the user, and as whom, where no key was shown: an issuer of tokens, or a proxy's; absent: nobody. */
  readonly via?: { readonly issuer: string; readonly subject: string };
  readonly role: Role;
  /** Null: all that the role may. */
  readonly scopes: readonly Scope[] | null;
  readonly limits: KeyLimits | null;
  /** Of the key; null: never. */
  readonly expiresAt: string | null;
};

/** One call: what it works with, for whom, and the caller's way to end it. */
export type Call = {
  readonly context: DomainContext;
  readonly principal: Principal;
  readonly signal: AbortSignal | undefined;
};

/** Tells processes of Moorage apart, so that a later one knows which runs have lost their watcher. */
export type Holders = {
  /** This process. */
  readonly self: string;
  readonly isAlive: (holder: string) => boolean;
  /** Whether its monotonic clock is this process's too: both are, or were, of one boot of one machine. */
  readonly sharesClock: (holder: string) => boolean;
};

/** What the domain is built from. */
export type DomainContext = {
  readonly engine: Engine;
  /** The other engines, on which older sandboxes may live; each is opened when it is first asked for. */
  readonly otherEngine: (name: EngineName) => Promise<Engine>;
  readonly store: Store;
  /** The way out of networks that allow some domains, in this process. */
  readonly egress: Egress;
  /** What the engine has shown of sandboxes, and would tell of changes of. */
  readonly sightings: Sightings;
  /** What may be shown to registries; the administrator's, whoever calls. */
  readonly credentials: Credentials;
  /** Who vouches for people, beside keys. */
  readonly identity: Identity;
  /** What happens, for those in this process who listen. */
  readonly events: EventBus;
  readonly logs: RunLogs;
  readonly live: LiveRuns;
  readonly disk: DiskWatches;
  readonly sessions: Sessions;
  /** Who may build now. */
  readonly buildTurns: BuildTurns;
  /** True in a process that stays when its callers have left, such as a server. */
  readonly resident: boolean;
  /** Whether this process samples what sandboxes take: a server does. */
  readonly sampling: { active: boolean };
  readonly signer: ReceiptSigner;
  readonly holders: Holders;
  /** The ids of the changes that this process is at work on. */
  readonly underway: Set<string>;
  /** The calls with a key that this process is at work on. */
  readonly openCalls: OpenCalls;
  readonly policy: Policy;
  /** The operating-system user that Moorage runs as; undefined where there are no numeric users. */
  readonly hostUser: { readonly uid: number; readonly gid: number } | undefined;
  /** Where Moorage keeps its own state on this host; absolute. */
  readonly stateDirectory: string;
  readonly clock: Clock;
  /** By it the timers of sandboxes count. */
  readonly timers: TimerClock;
  /** What the last sweep or cleanup of this process could not do. */
  readonly undone: { latest: readonly Undone[] };
  /** What could not be finished, and is tried again. */
  readonly owed: Owed;
  /** Rung when a pooled sandbox was claimed, for whoever keeps the pool. */
  readonly refill: Bell;
  readonly logger: Logger;
  /** Said on every run and sandbox, such as how the engine was chosen. */
  readonly warnings: readonly string[];
};
