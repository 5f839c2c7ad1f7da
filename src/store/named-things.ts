import type { EngineName } from "../contracts/types.ts";

/** What outlives sandboxes and has a name of its owner's: a volume or a network. */
export type NamedRow = {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly engine: EngineName;
  readonly createdAt: string;
  /** Its removal has begun: nobody gets it any more. */
  readonly removing: boolean;
};

export type NamedRows = {
  /** CONFLICT when the owner has one of this name. */
  readonly insert: (row: NamedRow) => Promise<void>;
  readonly find: (owner: string, name: string) => Promise<NamedRow | undefined>;
  readonly list: (owner: string) => Promise<readonly NamedRow[]>;
  /** The ids of all owners' on an engine: for recovery. */
  readonly ids: (engine: EngineName) => Promise<ReadonlySet<string>>;
  readonly users: (id: string) => Promise<readonly NamedUser[]>;
  /**
   * Marks it as being removed and answers an empty list; while something uses it, that is answered and nothing is
   * changed, unless `inUse` is true.
   */
  readonly retire: (id: string, options?: { readonly inUse?: boolean }) => Promise<readonly NamedUser[]>;
  readonly remove: (id: string) => Promise<void>;
};

/** A sandbox that works in it, or a job that goes on. */
export type NamedUser = {
  /** The sandbox's id, also of a job. */
  readonly id: string;
  readonly kind: "sandbox" | "job" | "agent";
  /** The sandbox's name, or the agent's. */
  readonly name: string | null;
  /** Of the sandbox, or the run's status. */
  readonly state: string;
};

/** Of a sandbox: the volume that it works in, and whether it lets others in at the same time. */
export type VolumeUse = { readonly id: string; readonly name: string; readonly shared: boolean };
