import { withDeadline } from "../../base/deadline.ts";
import { asMoorageError } from "../../base/errors.ts";
import type { Observation, ReadyReport } from "../../contracts/observation.ts";
import type { StoredState } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import type { Tally } from "./tally.ts";

const STATES: readonly StoredState[] = [
  ...(["starting", "running", "paused", "stopped", "archived", "lost", "error", "pool"] as const),
];
const READY_MS = 2_000;

/** What this deployment does, in figures that name nobody. */
export async function observe(context: DomainContext, tally: Tally): Promise<Observation> {
  const glances = await context.store.sandboxes.glances(STATES);
  const sandboxes = STATES.filter((state) => state !== "pool").map((state) => ({
    state,
    count: glances.filter((glance) => glance.state === state).length,
  }));
  const pooled = glances.filter(({ state }) => state === "pool").length;
  const wanted = context.policy.pool.reduce((sum, { size }) => sum + size, 0);
  return {
    sandboxes,
    pool: { ready: pooled, wanted },
    events: [...(await tally.counts())],
    listeners: context.events.listeners,
    undone: context.undone.latest.length,
  };
}

/** Whether the store and the engine answer at once. */
export async function readiness({ store, engine }: DomainContext): Promise<ReadyReport> {
  const signal = AbortSignal.timeout(READY_MS);
  const [state, engineAnswers] = await Promise.all([check(store.events.latest()), check(engine.info(signal))]);
  return { ok: state === null && engineAnswers === null, store: state, engine: engineAnswers };
}

/** The code of why it does not answer; null: it does. */
async function check(work: Promise<unknown>): Promise<string | null> {
  try {
    await withDeadline(work, READY_MS, "The check");
    return null;
  } catch (error) {
    return asMoorageError(error).code;
  }
}
