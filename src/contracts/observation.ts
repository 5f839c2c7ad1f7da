import type { EventType } from "./types.ts";

/** What a server does, in figures. */
export type Observation = {
  readonly sandboxes: readonly { readonly state: string; readonly count: number }[];
  readonly pool: { readonly ready: number; readonly wanted: number };
  /** Counted since the server began. */
  readonly events: readonly { readonly type: EventType; readonly status: string | null; readonly count: number }[];
  readonly listeners: number;
  /** What the last sweep could not do. */
  readonly undone: number;
};

/** Of each part the code of the error by which it does not answer; null: it does. */
export type ReadyReport = { readonly ok: boolean; readonly store: string | null; readonly engine: string | null };

/** How a server is looked at from outside. */
export type Observatory = {
  readonly ready: () => Promise<ReadyReport>;
  readonly observe: () => Promise<Observation>;
};
