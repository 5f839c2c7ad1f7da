import type { StateAction, StoredState } from "../../store/store.ts";

/** Which timer counts in a state: none of them runs in the others. */
export type Timer = "start" | "idle" | "archive";

type StateRow = {
  /** Where it can go from here; every state can be removed. */
  readonly next: readonly StoredState[];
  readonly timer: Timer | null;
  /** The next action of its owner, as an argument vector without the sandbox. */
  readonly way: string;
};

/** The whole state machine. What no row allows, no code does: every transition is checked against it. */
export const STATES: Readonly<Record<StoredState, StateRow>> = {
  starting: { next: ["running", "error", "pool"], timer: "start", way: "get" },
  // Started ahead, and nobody's; a claim gives it to its owner.
  pool: { next: ["running"], timer: null, way: "get" },
  running: { next: ["paused", "stopped", "lost"], timer: "idle", way: "exec" },
  paused: { next: ["running", "stopped", "archived", "lost"], timer: "archive", way: "resume" },
  stopped: { next: ["running", "paused", "archived", "lost"], timer: "archive", way: "start" },
  archived: { next: ["running"], timer: null, way: "start" },
  // What the engine shows again, after it was repaired for example, is found again.
  lost: { next: ["running", "paused", "stopped"], timer: null, way: "rm" },
  error: { next: [], timer: null, way: "rm" },
};

type ActionRow = {
  readonly from: readonly StoredState[];
  readonly to: StoredState;
  /** States in which it has been done: doing it again changes nothing. */
  readonly done: readonly StoredState[];
};

export const ACTIONS: Readonly<Record<Exclude<StateAction, "snapshot" | "remove">, ActionRow>> = {
  start: { from: ["stopped", "archived"], to: "running", done: ["running"] },
  stop: { from: ["running", "paused"], to: "stopped", done: ["stopped", "archived"] },
  pause: { from: ["running"], to: "paused", done: ["paused"] },
  archive: { from: ["paused", "stopped"], to: "archived", done: ["archived"] },
  resume: { from: ["paused"], to: "running", done: ["running"] },
};

export type ChangingAction = keyof typeof ACTIONS;

/** What an action means in a state. */
export function verdict(action: ChangingAction, state: StoredState): "go" | "done" | "refused" {
  const { from, done } = ACTIONS[action];
  if (from.includes(state)) return "go";
  return done.includes(state) ? "done" : "refused";
}

export function isAllowed(from: StoredState, to: StoredState): boolean {
  return from === to || STATES[from].next.includes(to);
}
