import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { deadlineSignal } from "../base/deadline.ts";
import { canonicalHost, type AllowList } from "./allow-list.ts";
import { Refused } from "./decision.ts";
import { isPublicAddress } from "./public-address.ts";
import { isOnLink } from "./on-link.ts";

const LOOKUP_MS = 10_000;
const CONNECT_MS = 10_000;
const MOST_ADDRESSES = 4;

/** How names become addresses, and which of them count as the internet. */
export type Reach = {
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly isPublic: (address: string) => boolean;
};

/** By the resolver of this machine; the public internet alone, without this machine and its neighbours. */
export const internet: Reach = {
  resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
  isPublic: (address) => isPublicAddress(address) && !isOnLink(address, networkInterfaces()),
};

export type Destination = { readonly host: string; readonly port: number };

/** The canonical destination when the list allows it; Refused otherwise. */
export function allowedDestination(list: AllowList | undefined, host: string, port: number): Destination {
  const name = canonicalHost(host);
  if (name === undefined) throw new Refused(403, `${host} is no host name; addresses are not reached by number`);
  const refusal = list === undefined ? "the sandbox is gone" : list.refusal(name, port);
  if (refusal !== undefined) throw new Refused(403, refusal);
  return { host: name, port };
}

/**
 * A connection to the destination. Its name is looked up once, here, and the connection goes to an address that was
 * judged, so that a name which changes between the look and the connection gains nothing.
 */
export async function connectTo(reach: Reach, { host, port }: Destination): Promise<Socket> {
  const found = await addressesOf(reach, host);
  const addresses = found.filter(reach.isPublic).slice(0, MOST_ADDRESSES);
  if (addresses.length === 0) throw new Refused(403, `${host} leads to ${found[0] ?? "nothing"}, which is not public`);
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await opened(connect({ host: address, port, noDelay: true, autoSelectFamily: false }));
    } catch (error) {
      failure = error;
    }
  }
  throw new Refused(502, `${host}:${port} cannot be reached: ${reasonOf(failure)}`);
}

async function addressesOf({ resolve }: Reach, host: string): Promise<readonly string[]> {
  const late = AbortSignal.timeout(LOOKUP_MS);
  const { promise, reject } = Promise.withResolvers<never>();
  late.addEventListener("abort", () => reject(new Error("no answer in time")), { once: true });
  try {
    return await Promise.race([resolve(host), promise]);
  } catch (error) {
    throw new Refused(502, `${host} cannot be looked up: ${reasonOf(error)}`);
  }
}

async function opened(socket: Socket): Promise<Socket> {
  try {
    await once(socket, "connect", { signal: deadlineSignal(CONNECT_MS) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
