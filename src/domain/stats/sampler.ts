import { deadlineSignal, sleep } from "../../base/deadline.ts";
import type { SampleRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { askEngine } from "../on-engine.ts";

/** A round that takes longer is given up: the next one measures what there is then. */
const ROUND_MS = 60_000;

/** Measures all running sandboxes again and again, until the signal aborts: for a server. */
export async function keepSamples(context: DomainContext, signal: AbortSignal): Promise<void> {
  const { policy, sampling, logger } = context;
  const { sampleMs } = policy.stats;
  if (sampleMs === 0) return;
  sampling.active = true;
  try {
    while (!signal.aborted) {
      await sampleOnce(context, signal).catch((error: unknown) => {
        if (!signal.aborted) logger.warn({ err: error }, "sandboxes could not be measured; the next round tries again");
      });
      await sleep(sampleMs, signal);
    }
  } finally {
    sampling.active = false;
  }
}

/** One round: what each running sandbox takes now, on whatever engine it lives, written in one step. */
export async function sampleOnce(context: DomainContext, signal?: AbortSignal): Promise<void> {
  const { store, clock, policy } = context;
  const running = await store.sandboxes.glances(["running"]);
  const measured: SampleRow[] = [];
  for (const [name, its] of Map.groupBy(running, ({ engine }) => engine)) {
    const ids = its.map(({ id }) => id);
    const samples = await askEngine(context, name, ({ engine }) =>
      engine.sample(ids, deadlineSignal(ROUND_MS, signal)),
    );
    for (const [sandboxId, sample] of samples ?? []) measured.push({ sandboxId, ...sample });
  }
  if (measured.length > 0) await store.samples.append(measured, clock.now() - policy.stats.keptMs);
}
