import { sleep } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { Engine } from "../../engine.ts";
import type { EngineParts } from "../engine-parts.ts";
import type { Unit } from "./unit-store.ts";
import { endRuns } from "./unit-removal.ts";

const LOOK_MS = 10;

/**
 * A sandbox here is a tree of files, and what a run starts ends with the run: stopping ends its runs and takes no new
 * ones, starting takes them again. There is nothing that idles and could be held still, so there is no freezer.
 */
export function createLifecycle(ready: () => Promise<EngineParts>): Pick<Engine, "stop" | "start"> {
  return {
    stop: async (id, { graceMs }, signal) => {
      const parts = await ready();
      const unit = await existing(parts, id);
      // First, so that nothing new starts.
      await parts.store.recordStop(id, { stoppedAt: Date.now() });
      await Promise.all(parts.live.of(id).map((run) => run.terminate()));
      const end = performance.now() + graceMs;
      while (parts.live.of(id).length > 0 && performance.now() < end) await sleep(LOOK_MS, signal);
      await endRuns(parts, unit);
    },
    start: async (id) => {
      const parts = await ready();
      await existing(parts, id);
      await parts.store.recordStart(id);
    },
  };
}

async function existing({ store }: EngineParts, id: string): Promise<Unit> {
  const unit = await store.read(id);
  if (unit?.kind === "sandbox") return unit;
  throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
}
