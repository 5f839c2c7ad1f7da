/**
 * Networks of this deployment that several units join, by Moorage's ids. Members reach one another, by their ids and the
 * names that they joined with, and nothing else; the host reaches them, as it does units with the policy `internal`.
 */
export type NamedNetworks = {
  /**
   * Makes it where it is missing, and keeps it closed. CONFLICT when the engine has something else in its place, or a
   * network of the same `name` that is not this deployment's: that is never taken for it. ENGINE_UNSUPPORTED where the
   * policy `named` cannot be kept.
   */
  readonly ensure: (network: { readonly id: string; readonly name: string }, signal?: AbortSignal) => Promise<void>;
  /** Undefined when there is none of this deployment. */
  readonly inspect: (id: string, signal?: AbortSignal) => Promise<NamedNetworkInfo | undefined>;
  /** The ids of all of this deployment. */
  readonly list: (signal?: AbortSignal) => Promise<readonly string[]>;
  /** Takes a unit out of it, which goes on with the policy `none`; one that is not in it, or not there, is no error. */
  readonly leave: (id: string, unitId: string, signal?: AbortSignal) => Promise<void>;
  /** Absent ones are no error. CONFLICT while a unit, running or not, is in it. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
};

export type NamedNetworkInfo = {
  readonly id: string;
  /** Such as 10.213.7.0/24. */
  readonly subnet: string;
  readonly members: readonly {
    readonly unitId: string;
    /** Null while it does not run. */
    readonly address: string | null;
  }[];
};

/** How a unit is in a named network. */
export type Membership = {
  readonly network: string;
  /** DNS labels by which the others find it, beside its id. */
  readonly names: readonly string[];
};
