import type { SandboxCreate } from "../../contracts/types.ts";
import type { Policy, PoolEntry } from "../policy.ts";

/** Whom sandboxes belong to that nobody has claimed: no principal has this name, so nobody finds them. */
export const POOL_OWNER = "";

/** What a pooled sandbox can still be given when it is claimed; whatever else is asked for needs one of its own. */
const GIVEN_LATER: ReadonlySet<string> = new Set([
  "name",
  "env",
  "labels",
  "idleTimeoutMs",
  "ttlMs",
  "timeoutMs",
  "diskBytes",
  // These choose the pool.
  "image",
  "profile",
  "network",
]);

type Kind = Pick<PoolEntry, "image" | "profile" | "network">;

/** Sandboxes of one key are alike. */
export function poolKey({ defaultImage }: Policy, { image, profile, network }: Kind): string {
  return JSON.stringify([image ?? defaultImage, profile ?? "sandbox", network ?? "none"]);
}

/** The pool that may have what is asked for; undefined when it needs a sandbox of its own. */
export function poolKeyOf(policy: Policy, input: SandboxCreate): string | undefined {
  const asked = Object.entries(input).filter(([, value]) => value !== undefined);
  if (asked.some(([field]) => !GIVEN_LATER.has(field))) return undefined;
  const key = poolKey(policy, input);
  return policy.pool.some((entry) => poolKey(policy, entry) === key) ? key : undefined;
}
