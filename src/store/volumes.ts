import type { EngineName } from "../contracts/types.ts";

/** A volume that outlives sandboxes: its owner's alone. */
export type VolumeRow = {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly engine: EngineName;
  readonly createdAt: string;
  /** Its removal has begun: no sandbox gets it any more. */
  readonly removing: boolean;
};

export type VolumeRows = {
  /** CONFLICT when the owner has one of this name. */
  readonly insert: (row: VolumeRow) => Promise<void>;
  readonly find: (owner: string, name: string) => Promise<VolumeRow | undefined>;
  readonly list: (owner: string) => Promise<readonly VolumeRow[]>;
  /** Marks it as being removed, unless a sandbox works in it: then that is answered, and nothing is changed. */
  readonly retire: (id: string) => Promise<VolumeUser | undefined>;
  readonly remove: (id: string) => Promise<void>;
};

/** A sandbox that works in it. */
export type VolumeUser = { readonly id: string; readonly name: string | null };

/** Of a sandbox: the volume that it works in, and whether it lets others in at the same time. */
export type VolumeUse = { readonly id: string; readonly name: string; readonly shared: boolean };
