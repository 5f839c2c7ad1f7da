import { isMoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import type { Shown } from "../../contracts/admission.ts";
import type { DomainContext, Principal } from "../context.ts";
import { rateLimited, RateLimit } from "./rate-limit.ts";

/** That many keys and tokens are remembered to have been good. */
const MOST_GOOD = 10_000;

/** Holds who knocks too often: by their address where they are let in by nothing, else by the user's quota. */
export function createDoorLimits(context: DomainContext) {
  const requests = new RateLimit(context.clock);
  const failures = new RateLimit(context.clock);
  const good = new Set<string>();
  return async (shown: Shown, authenticate: () => Promise<Principal>): Promise<Principal> => {
    const { bearer, address = "a socket" } = shown;
    const hash = bearer === undefined ? undefined : sha256(bearer);
    const perMinute = context.policy.failedSignInsPerMinute;
    // What was good before is looked at in any case: whoever guesses from behind a proxy locks nobody out who uses it.
    const wait = hash !== undefined && good.has(hash) ? undefined : failures.look(address, perMinute);
    if (wait !== undefined && bearer !== undefined) throw tooManyFailures(address, perMinute, wait);
    const principal = await authenticate().catch((error: unknown) => {
      if (bearer !== undefined && isMoorageError(error) && error.code === "UNAUTHENTICATED") {
        failures.take(address, perMinute);
        if (hash !== undefined) good.delete(hash);
      }
      throw error;
    });
    if (hash !== undefined) remember(good, hash);
    await countRequest(context, requests, principal.user);
    return principal;
  };
}

async function countRequest({ store }: DomainContext, requests: RateLimit, user: string): Promise<void> {
  const { requestsPerMinute } = await store.quotas.allowed(user);
  if (requestsPerMinute === undefined) return;
  const wait = requests.take(user, requestsPerMinute);
  if (wait === undefined) return;
  throw rateLimited(`${user} may send ${requestsPerMinute} requests in a minute, together with their agents.`, wait);
}

function tooManyFailures(address: string, perMinute: number, wait: number) {
  return rateLimited(`From ${address} came more than ${perMinute} keys or tokens in a minute that open nothing.`, wait);
}

function remember(good: Set<string>, hash: string): void {
  good.delete(hash);
  good.add(hash);
  const [oldest] = good;
  if (good.size > MOST_GOOD && oldest !== undefined) good.delete(oldest);
}
