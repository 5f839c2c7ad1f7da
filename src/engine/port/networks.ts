/** What a unit may reach. */
export type NetworkPolicy =
  /** Nothing: no interface but loopback. */
  | "none"
  /** Nothing; the host reaches it, and so do ports published on loopback. */
  | "internal"
  /** The internet; never the host, other units, link-local and metadata addresses, or private ranges. */
  | "open";

/** Whether a policy can be kept here; where it cannot, why, and what would change that. */
export type Enforcement =
  | { readonly enforced: true }
  | { readonly enforced: false; readonly reason: string; readonly fix: string };

/**
 * Networks that the engine keeps for its units. A policy that cannot be kept is ENGINE_UNSUPPORTED where a unit asks for
 * it, never a weaker one. Engines without this know `none` only.
 */
export type EngineNetworks = {
  readonly enforcement: (policy: NetworkPolicy, signal?: AbortSignal) => Promise<Enforcement>;
  /** Sets again what keeps the policies of this deployment's units, in case somebody has cleared it. */
  readonly reassert: (signal?: AbortSignal) => Promise<void>;
};
