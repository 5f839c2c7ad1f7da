import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "./api-env.ts";
import { openTo } from "./cross-origin.ts";
import { TransportError } from "./transport-error.ts";

/** By which names a server on TCP is asked, and from where. */
export type ServerNames = {
  /** Names beside localhost and IP addresses, which nobody can point elsewhere. */
  readonly hosts: readonly string[];
  /** Origins of pages that may send requests, beside the server's own. */
  readonly origins: readonly string[];
};

/**
 * Refuses what a page of the web sends by a name of its own that it has pointed here, and what one of another origin
 * sends.
 */
export function guardNames({ hosts, origins }: ServerNames): MiddlewareHandler<ApiEnv> {
  const known = new Set(["localhost", ...hosts.map((host) => host.toLowerCase())]);
  return async (context, next) => {
    const { req } = context;
    const host = req.header("host") ?? "";
    if (!isKnown(known, host)) throw misdirected(host);
    const origin = req.header("origin");
    const openedTo = origin !== undefined && origins.includes(origin) ? origin : undefined;
    if (origin !== undefined && openedTo === undefined && !isOwn(origin, host)) throw foreign(origin);
    context.set("openedTo", openedTo);
    await next();
    if (openedTo !== undefined) openTo(openedTo, context.res);
  };
}

function isKnown(known: ReadonlySet<string>, host: string): boolean {
  const base = `http://${host}`;
  if (host === "" || !URL.canParse(base)) return false;
  const { hostname } = new URL(base);
  return known.has(hostname) || isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

function isOwn(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === new URL(`http://${host}`).host;
}

function misdirected(host: string): TransportError {
  const message = `The request is for ${JSON.stringify(host)}, which is no name of this server.`;
  return new TransportError(421, message, {
    hint: "Use localhost or the server's address; an administrator can add names with MOORAGE_HOSTS.",
  });
}

function foreign(origin: string): TransportError {
  return new TransportError(403, `The request comes from a page of ${JSON.stringify(origin)}, which may send none.`, {
    hint: "An administrator can allow the origin with MOORAGE_ORIGINS.",
  });
}
