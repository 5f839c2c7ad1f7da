import { sleep } from "../../../base/deadline.ts";
import { isMoorageError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { EngineRun, RunExit, RunSignal } from "../../engine.ts";
import { settledWithin } from "./settled-within.ts";
import type { TreeControl } from "./tree-control.ts";

const LOOK_MS = 50;
const CONFIRM_MS = 3_000;
/** A reason of its own: the one that a signal makes by itself takes as long as all else at the end of a run. */
const OVER = "over";

export type TreeEnding = {
  readonly openControl: () => Promise<TreeControl>;
  /** Reads the run's output without waiting for its reader. */
  readonly release: () => void;
  /** Settles when the program has ended. */
  readonly programExit: Promise<RunExit>;
  /** Ends the whole sandbox, when the tree alone cannot be ended. */
  readonly stopUnit: () => Promise<void>;
  readonly logger: Logger;
};

/**
 * Ends the process tree of one run. From `terminate` on the run's exit means that the whole tree is gone: what the
 * program leaves behind when it obeys TERM is still watched, and still ended by `kill`.
 */
export function createTreeEnding(ending: TreeEnding): Pick<EngineRun, "exit" | "terminate" | "kill" | "signal"> {
  const gone = Promise.withResolvers<void>();
  /** Aborts when there is nothing left to watch: the tree is gone, or being killed. */
  const over = new AbortController();
  let control: Promise<TreeControl> | undefined;
  let killed: Promise<{ readonly unitStopped: boolean }> | undefined;
  let terminated = false;
  /** True when the tree was seen to be gone. */
  let empty = false;
  const opened = (): Promise<TreeControl> => (control ??= ending.openControl());
  const close = (): void => {
    control?.then(dispose, () => undefined);
    control = undefined;
  };
  const finished = (): void => {
    gone.resolve();
    over.abort(OVER);
    close();
  };
  const kill = (): Promise<{ readonly unitStopped: boolean }> => {
    if (killed !== undefined) return killed;
    killed = empty ? Promise.resolve({ unitStopped: false }) : killTree(ending, opened);
    over.abort(OVER);
    killed.then(finished, finished);
    return killed;
  };
  const programEnded = (): void => void (terminated || killed !== undefined || finished());
  ending.programExit.then(programEnded, programEnded);
  const exit = gone.promise.then(() => ending.programExit);
  // Who never asks for the exit is not told of its failure.
  exit.catch(() => undefined);

  return {
    exit,
    terminate: async () => {
      if (over.signal.aborted || terminated) return;
      terminated = true;
      ending.release();
      try {
        const tree = await opened();
        await tree.ask("term");
        watch(tree, over.signal).then(watched, unwatched);
      } catch (error) {
        unwatched(error);
      }
    },
    kill,
    signal: async (name) => {
      if (over.signal.aborted) return;
      if (name === "KILL") await kill();
      else await sendSignal(opened, over.signal, name);
    },
  };

  function watched(sawTheEnd: boolean): void {
    empty = sawTheEnd;
    if (sawTheEnd) finished();
  }

  // Where nothing can be started in the sandbox, at its process limit for example, what the program may leave behind
  // is killed when the program has ended.
  function unwatched(error: unknown): void {
    if (over.signal.aborted) return;
    ending.logger.warn({ err: error }, "a run that is to end cannot be watched from inside its sandbox");
    close();
    ending.programExit.then(() => void kill(), finished);
  }
}

function dispose(control: TreeControl): void {
  control[Symbol.dispose]();
}

async function sendSignal(opened: () => Promise<TreeControl>, over: AbortSignal, name: RunSignal): Promise<void> {
  const alone = name === "USR1" || name === "USR2";
  try {
    await (await opened()).ask(alone ? `program ${name}` : `signal ${name}`);
  } catch (error) {
    // A run that ends by it takes its control along before that has answered.
    if (!over.aborted) throw error;
  }
}

/** Lets the root of a terminated tree end as soon as nothing lives below it; false when that is over before. */
async function watch(tree: TreeControl, over: AbortSignal): Promise<boolean> {
  while (!over.aborted) {
    if ((await tree.ask("count")) === 0) {
      await tree.ask("continue");
      return true;
    }
    await sleep(LOOK_MS, over);
  }
  return false;
}

async function killTree(
  ending: TreeEnding,
  opened: () => Promise<TreeControl>,
): Promise<{ readonly unitStopped: boolean }> {
  ending.release();
  try {
    const left = await (await opened()).ask("kill");
    if (left === 0 && (await settledWithin(ending.programExit, CONFIRM_MS))) return { unitStopped: false };
    ending.logger.warn({ left }, "a run could not be ended alone, so its sandbox is stopped");
  } catch (error) {
    // The sandbox has ended or was removed, and the run with it.
    if (isMoorageError(error) && (error.code === "SANDBOX_NOT_RUNNING" || error.code === "NOT_FOUND")) {
      if (await settledWithin(ending.programExit, CONFIRM_MS)) return { unitStopped: false };
    }
    ending.logger.warn({ err: error }, "a run could not be ended alone, so its sandbox is stopped");
  }
  await ending.stopUnit();
  return { unitStopped: true };
}
