import { MoorageError } from "../../../base/errors.ts";
import type { Freezer } from "../../engine.ts";
import type { EngineParts } from "../engine-parts.ts";

const OBSTACLE = "the process engine can write no freezer of control groups here";

/**
 * Holds a sandbox still by holding each of its runs, whichever Moorage they belong to. Each has a group of its own, so
 * that one of them can be ended while the others stay as they are.
 */
export function createFreezer(ready: () => Promise<EngineParts>): Freezer {
  const obstacle = async (): Promise<string | undefined> =>
    (await ready()).groups?.canFreeze === true ? undefined : OBSTACLE;
  return {
    obstacle,
    pause: async (id) => {
      const { store, groups } = await ready();
      if ((await heldAs(await ready(), id)) === "paused") return;
      if ((await obstacle()) !== undefined) {
        throw new MoorageError("ENGINE_UNSUPPORTED", `The sandbox ${id} cannot be paused: ${OBSTACLE}.`, {
          hint: "Stop it instead.",
        });
      }
      // First, so that nothing new starts.
      await store.hold(id, "paused");
      await groups?.unit(id).freeze();
    },
    unpause: async (id) => {
      const { store, groups } = await ready();
      if ((await heldAs(await ready(), id)) === "running") return;
      // Last, so that whoever is cut off in between can do it again.
      await groups?.unit(id).thaw();
      await store.release(id);
    },
  };
}

async function heldAs({ store }: EngineParts, id: string): Promise<"paused" | "running"> {
  const unit = await store.read(id);
  const state = (await store.readHold(id))?.state ?? "running";
  if (unit?.kind === "sandbox" && state !== "stopped") return state;
  throw new MoorageError(
    "SANDBOX_NOT_RUNNING",
    `The sandbox ${id} is ${unit === undefined ? "not on this engine" : state}.`,
  );
}
