import { sleep } from "../../base/deadline.ts";
import type { DomainContext } from "../context.ts";
import { askEngine } from "../on-engine.ts";
import { isAbandoned } from "../sandbox/announced.ts";
import { settle } from "../sandbox/settle.ts";
import { Attempts } from "./attempts.ts";

/**
 * Settles what this process has left undone, until the signal: whoever lives long does so itself, with or without a
 * server that sweeps, for nobody else knows what it owes, or takes a change for given up whose process lives.
 */
export async function keepSettling(context: DomainContext, signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(context.policy.timers.sweepMs, signal);
    if (signal.aborted) return;
    await settleOnce(context);
  }
}

/** What could not be finished when it was due, and the changes of sandboxes that this process has left off. */
export async function settleOnce(context: DomainContext): Promise<void> {
  const { store, holders } = context;
  const attempts = new Attempts(context.logger);
  await attempts.settle(context.owed);
  await attempts.at({ kind: "registry", id: "changes" }, async () => {
    for (const row of await store.sandboxes.changing()) {
      const { id, engine, pending } = row;
      if (pending?.holder !== holders.self || !isAbandoned(context, pending)) continue;
      await attempts.at({ kind: "sandbox", id }, () => askEngine(context, engine, (its) => settle(its, row)));
    }
  });
}
