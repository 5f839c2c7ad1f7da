import type { NamedNetworks } from "./named-networks.ts";

/** What a unit may reach. */
export type NetworkPolicy =
  /** Nothing: no interface but loopback. */
  | "none"
  /** Nothing; the host reaches it, and so do ports published on loopback. */
  | "internal"
  /** What its caller's proxy at the unit's entrance lets through, and nothing beside it. */
  | "allow"
  /** The other members of the named network that it is in, and nothing else; reached as `internal` is. */
  | "named"
  /** The internet; never the host, other units, link-local and metadata addresses, or private ranges. */
  | "open";

/** Whether a policy can be kept here; where it cannot, why, and what would change that. */
export type Enforcement =
  | { readonly enforced: true }
  | { readonly enforced: false; readonly reason: string; readonly fix: string };

/** Where what a unit sends through a proxy arrives: the one place of the host that it reaches. */
export type UnitEntrance = {
  readonly host: string;
  readonly port: number;
  /** From which it comes; who else connects is not the unit. */
  readonly unitAddress: string;
};

/**
 * Networks that the engine keeps for its units. A policy that cannot be kept is ENGINE_UNSUPPORTED where a unit asks for
 * it, never a weaker one. Engines without this know `none` only.
 */
export type EngineNetworks = {
  readonly enforcement: (policy: NetworkPolicy, signal?: AbortSignal) => Promise<Enforcement>;
  /**
   * The entrance of a unit with the policy `allow`, which is made where it is not there yet: before the unit, so that
   * somebody listens when it starts. Undefined for an existing unit with another policy. `remove` of the unit takes it away.
   */
  readonly entrance: (
    unit: { readonly id: string; readonly kind: "sandbox" | "job" },
    signal?: AbortSignal,
  ) => Promise<UnitEntrance | undefined>;
  /** Sets again what keeps the policies of this deployment's units and named networks, in case somebody has cleared it. */
  readonly reassert: (signal?: AbortSignal) => Promise<void>;
  readonly named: NamedNetworks;
};
