import { sleep } from "../../../base/deadline.ts";
import type { Logger } from "../../../base/logger.ts";
import type { EngineRun, RunExit } from "../../engine.ts";
import { settledWithin } from "./settled-within.ts";
import type { TreeControl } from "./tree-control.ts";

const LOOK_MS = 50;
const CONFIRM_MS = 3_000;
const KILLED_EXIT_CODE = 137;

export type TreeEnding = {
  readonly openControl: () => Promise<TreeControl>;
  /** Reads the run's output without waiting for its reader. */
  readonly release: () => void;
  readonly exit: Promise<RunExit>;
  /** Ends the whole sandbox, when the tree alone cannot be ended. */
  readonly stopUnit: () => Promise<void>;
  readonly logger: Logger;
};

/**
 * Ends the process tree of one run. From `terminate` on the run's exit means that the whole tree is gone: what the
 * program leaves behind when it obeys TERM is still watched, and still ended by `kill`.
 */
export function createTreeEnding(ending: TreeEnding): Pick<EngineRun, "terminate" | "kill"> {
  /** Aborts when there is nothing left to watch: the run has ended, or is being killed. */
  const over = new AbortController();
  let control: Promise<TreeControl> | undefined;
  let killed: Promise<{ unitStopped: boolean }> | undefined;
  let ended = false;
  const opened = (): Promise<TreeControl> => (control ??= ending.openControl());
  const close = (): void => {
    ended = true;
    over.abort();
    control?.then(
      (open) => open[Symbol.dispose](),
      () => undefined,
    );
  };
  ending.exit.then(close, close);

  return {
    terminate: async () => {
      if (over.signal.aborted) return;
      ending.release();
      try {
        const tree = await opened();
        await tree.ask("term");
        void letGoWhenEmpty(tree, { over: over.signal, logger: ending.logger });
      } catch (error) {
        // Where nothing can be started in the sandbox, at its process limit for example, only kill remains.
        if (!ended) ending.logger.warn({ err: error }, "TERM could not be sent to a run; kill ends it");
      }
    },
    kill: () => {
      killed ??= ended ? Promise.resolve({ unitStopped: false }) : killTree(ending, opened);
      over.abort();
      return killed;
    },
  };
}

type Watch = { readonly over: AbortSignal; readonly logger: Logger };

async function letGoWhenEmpty(tree: TreeControl, { over, logger }: Watch): Promise<void> {
  try {
    while (!over.aborted) {
      const left = await tree.ask("count");
      if (left === 0) await tree.ask("continue");
      if (left === 0 || left === "lost") return;
      await sleep(LOOK_MS, over);
    }
  } catch (error) {
    if (!over.aborted) logger.warn({ err: error }, "a terminated run is no longer watched; kill ends it");
  }
}

async function killTree(ending: TreeEnding, opened: () => Promise<TreeControl>): Promise<{ unitStopped: boolean }> {
  ending.release();
  try {
    const tree = await opened();
    const left = await tree.ask("kill");
    if ((left === 0 || left === "lost") && (await settledWithin(ending.exit, CONFIRM_MS))) {
      const { exitCode } = await ending.exit;
      // A root that was killed from inside has left what is below it to the sandbox, where it cannot be told apart.
      if (left === 0 || exitCode !== KILLED_EXIT_CODE) return { unitStopped: false };
    }
    ending.logger.warn({ left }, "a run could not be ended alone, so its sandbox is stopped");
  } catch (error) {
    ending.logger.warn({ err: error }, "a run could not be ended alone, so its sandbox is stopped");
  }
  await ending.stopUnit();
  return { unitStopped: true };
}
