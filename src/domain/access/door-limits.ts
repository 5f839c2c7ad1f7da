import { isMoorageError } from "../../base/errors.ts";
import type { Shown } from "../../contracts/admission.ts";
import type { DomainContext, Principal } from "../context.ts";
import { rateLimited, RateLimit } from "./rate-limit.ts";

/** Holds who knocks too often: by their address where nothing lets them in, else by the user's quota. */
export function createDoorLimits(context: DomainContext) {
  const requests = new RateLimit(context.clock);
  const failures = new RateLimit(context.clock);
  return async (
    { bearer, address = "a socket", again = false }: Shown,
    authenticate: () => Promise<Principal>,
  ): Promise<Principal> => {
    if (again) return authenticate();
    // A good one is let in whoever else fails at this address, which all behind one proxy share.
    const principal = await authenticate().catch((error: unknown) => {
      const failed = bearer !== undefined && isMoorageError(error) && error.code === "UNAUTHENTICATED";
      const perMinute = context.policy.failedSignInsPerMinute;
      const wait = failed ? failures.take(address, perMinute) : undefined;
      throw wait === undefined ? error : tooManyFailures(address, perMinute, wait);
    });
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
