import { isIP } from "node:net";
import { MoorageError } from "../../base/errors.ts";
import { parseImageReference } from "../../base/image-reference.ts";
import { isPublicAddress } from "../../egress/public-address.ts";
import type { Policy } from "../policy.ts";

/** Names of networks that are not the internet (RFC 6761, RFC 6762, RFC 9476 and what ICANN keeps for it). */
const PRIVATE_NAME = /\.(?:localhost|local|internal|home\.arpa)\.?$/;

/**
 * REGISTRY_DENIED where the engine, which asks from its host's own network, would be sent to a place there that the
 * administrator has not named. What a public name leads to is the engine's to find out.
 */
export function refuseRegistry({ registryHosts }: Policy, reference: string): void {
  const { host } = parseImageReference(reference);
  if (registryHosts === undefined || isPublicHost(host) || registryHosts.some((one) => one === "*" || one === host)) {
    return;
  }
  const message = `The registry ${host} is not on the public internet, and callers with a key are let to no other one.`;
  throw new MoorageError("REGISTRY_DENIED", message, {
    hint: `Name another registry, or have an administrator add "${host}" to images.registries.`,
    details: { host },
  });
}

function isPublicHost(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (isIP(name) !== 0) return isPublicAddress(name);
  // Resolvers read numbers such as 127.1 and 0x7f.1 as addresses; no public name ends in one.
  return /\.[a-z][a-z0-9-]*\.?$/.test(name) && !PRIVATE_NAME.test(name);
}
