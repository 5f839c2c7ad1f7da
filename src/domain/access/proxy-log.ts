import type { DomainContext } from "../context.ts";

/** Whoever sends many such requests fills no log. */
const QUIET_MS = 60_000;

/** Tells the log of requests that look like a proxy's and are not believed, at most once a minute. */
export function createProxyLog({ clock, logger }: DomainContext): (refusal: string) => void {
  let toldMs = -QUIET_MS;
  let untold = 0;
  return (refusal) => {
    const now = clock.monotonic();
    if (now - toldMs < QUIET_MS) {
      untold += 1;
      return;
    }
    logger.warn(
      { operation: "proxy", refusal, untold },
      `a request came ${refusal}; where it is the proxy's, its settings and identity.proxy do not fit`,
    );
    toldMs = now;
    untold = 0;
  };
}
