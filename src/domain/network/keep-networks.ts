import { sleep } from "../../base/deadline.ts";
import type { DomainContext } from "../context.ts";
import { Attempts } from "../recovery/attempts.ts";
import { openEgress } from "./egress.ts";

/** How long rules that somebody cleared may stay so, and a sandbox of an ended Moorage without its proxy. */
const EVERY_MS = 10_000;

/**
 * Keeps what sandboxes may reach as it is told, until the signal: sets the engine's rules again, takes over the proxies
 * of sandboxes that an ended Moorage has left, and closes those of removed ones.
 */
export async function keepNetworks(context: DomainContext, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await keepOnce(context, signal);
    } catch (error) {
      if (!signal.aborted) context.logger.warn({ err: error }, "networks could not be looked after; trying again");
    }
    await sleep(EVERY_MS, signal);
  }
}

/** One look at all networks. */
export async function keepOnce(context: DomainContext, signal?: AbortSignal): Promise<void> {
  const { engine, store, egress } = context;
  if (engine.networks === undefined) return;
  await engine.networks.reassert(signal);
  const attempts = new Attempts(context.logger);
  for (const row of await store.sandboxes.behindProxy(engine.name)) {
    await attempts.at({ kind: "sandbox", id: row.id }, () => openEgress(context, { ...row, kind: "sandbox" }, signal));
  }
  for (const id of egress.opened()) {
    await attempts.at({ kind: "sandbox", id }, async () => {
      if ((await engine.inspect(id, signal)) === undefined) await egress.close(id);
    });
  }
}
