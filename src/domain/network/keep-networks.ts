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

/** One look at all networks. What the registry and the engine show may be old by the time that it is acted on. */
export async function keepOnce(context: DomainContext, signal?: AbortSignal): Promise<void> {
  const { engine, store, egress } = context;
  if (engine.networks === undefined) return;
  await engine.networks.reassert(signal);
  const attempts = new Attempts(context.logger);
  for (const { id } of await store.sandboxes.behindProxy(engine.name)) {
    if (!egress.isOpen(id)) await attempts.at({ kind: "sandbox", id }, () => takeOver(context, id, signal));
  }
  const opened = egress.opened();
  const jobs = new Set((await store.runs.open()).map((run) => run.sandboxId));
  for (const id of opened) {
    if (jobs.has(id)) continue;
    await attempts.at({ kind: "sandbox", id }, async () => {
      if (await isGone(context, id, signal)) await egress.close(id);
    });
  }
}

async function takeOver(context: DomainContext, id: string, signal: AbortSignal | undefined): Promise<void> {
  const { engine, store, egress } = context;
  const row = await store.sandboxes.get(id);
  if (row === undefined) return;
  await openEgress(context, { ...row, kind: "sandbox" }, signal);
  if ((await store.sandboxes.get(id)) !== undefined) return;
  // Removed meanwhile: the way to the proxy was made again for nobody.
  await engine.remove(id);
  await egress.close(id);
}

/** Whether a sandbox, or a job that is over, has nothing on the engine, and nobody is making that. */
async function isGone({ engine, store }: DomainContext, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  const before = await store.sandboxes.get(id);
  if (before !== undefined && (before.state === "starting" || before.pending !== null)) return false;
  if ((await engine.inspect(id, signal)) !== undefined) return false;
  return (await store.sandboxes.get(id))?.revision === before?.revision;
}
