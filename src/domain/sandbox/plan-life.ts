import { isoTime } from "../../base/clock.ts";
import type { SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";

type Life = Pick<
  SandboxRow,
  | "state"
  | "reason"
  | "stateSince"
  | "pausedBy"
  | "base"
  | "poolKey"
  | "pending"
  | "revision"
  | "labels"
  | "idleTimeoutMs"
  | "ttlMs"
  | "expiresAt"
  | "lastActiveAt"
>;

/** Where the life of a sandbox begins, and what ends it by itself. */
export function planLife({ policy }: DomainContext, input: SandboxCreate, now: number): Life {
  const { labels = {}, idleTimeoutMs = policy.timers.idleTimeoutMs, ttlMs = null } = input;
  return {
    state: "starting",
    reason: null,
    stateSince: isoTime(now),
    pausedBy: null,
    base: null,
    poolKey: null,
    pending: null,
    revision: 0,
    labels,
    idleTimeoutMs,
    ttlMs,
    expiresAt: ttlMs === null ? null : isoTime(now + ttlMs),
    lastActiveAt: isoTime(now),
  };
}
