import { existsSync } from "node:fs";
import type { NetworkPolicy } from "../../engine.ts";

/** A bridge of ours on the engine's host, and what may leave it. */
export type Bridge = {
  /** Of the interface, and of the packet filter's chain for it. */
  readonly interface: string;
  readonly policy: Exclude<NetworkPolicy, "none">;
  /** The host's own address on it. */
  readonly gateway: string;
  /** Where the policy `allow` has its proxy, at the gateway. */
  readonly proxyPort?: number;
  /** Where the members of a network of the policy `named` are, who reach one another: its subnet. */
  readonly members?: string;
};

/** Interfaces have at most 15 characters; 12 of an id make an accident as likely as one of 62 bits. */
const ID_CHARACTERS = 12;

export function interfaceName(id: string): string {
  return `mrg${id.slice(0, ID_CHARACTERS)}`;
}

/** Whether this machine's network has the interface, up or not. */
export function hasInterface(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}
