import { sleep } from "../../base/deadline.ts";
import type { DomainContext } from "../context.ts";

const AGAIN_MS = 1_000;

/** Listens to what the engine announces, until the signal; where it announces nothing, or cannot now, all is looked at. */
export async function keepSightings({ engine, sightings, logger }: DomainContext, signal: AbortSignal): Promise<void> {
  if (engine.watch === undefined) return;
  while (!signal.aborted) {
    try {
      const changes = await engine.watch(signal);
      sightings.watching(engine.name);
      for await (const id of changes) sightings.changed(id);
    } catch (error) {
      if (!signal.aborted) logger.debug({ err: error }, "the engine's announcements broke off");
    } finally {
      sightings.unwatched();
    }
    await sleep(AGAIN_MS, signal);
  }
}
