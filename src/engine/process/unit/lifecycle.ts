import { sleep } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { Engine } from "../../engine.ts";
import type { EngineParts } from "../engine-parts.ts";
import { createFreezer } from "./freezer.ts";
import type { Unit } from "./unit-store.ts";
import { endRuns } from "./unit-removal.ts";

const LOOK_MS = 10;

/**
 * A sandbox here is a tree of files, and what a run starts ends with the run: stopping ends its runs and takes no new
 * ones, starting takes them again.
 */
export function createLifecycle(
  ready: () => Promise<EngineParts>,
): Required<Pick<Engine, "stop" | "start" | "freezer">> {
  return {
    stop: async (id, { graceMs }, signal) => {
      const parts = await ready();
      const unit = await existing(parts, id);
      // First, so that nothing new starts.
      await parts.store.hold(id, "stopped");
      // What is held still hears no signal.
      await parts.groups?.unit(id).thaw();
      await Promise.all(parts.live.of(id).map((run) => run.terminate()));
      const end = performance.now() + graceMs;
      while (parts.live.of(id).length > 0 && performance.now() < end) await sleep(LOOK_MS, signal);
      await endRuns(parts, unit);
    },
    start: async (id) => {
      const parts = await ready();
      await existing(parts, id);
      const hold = await parts.store.readHold(id);
      if (hold?.state === "stopped") await parts.store.release(id);
    },
    freezer: createFreezer(ready),
  };
}

async function existing({ store }: EngineParts, id: string): Promise<Unit> {
  const unit = await store.read(id);
  if (unit?.kind === "sandbox") return unit;
  throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
}
