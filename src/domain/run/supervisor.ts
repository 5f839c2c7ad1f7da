import { after } from "../../base/after.ts";
import { sleep } from "../../base/deadline.ts";
import type { EngineRun, RunExit } from "../../engine/engine.ts";

/** Why a run was ended from outside; undefined when it ended by itself. */
export type EndCause = "deadline" | "canceled";

export type Ending = {
  readonly exit: RunExit;
  readonly cause: EndCause | undefined;
  /** The signal of ours that ended it. */
  readonly signal: "SIGTERM" | "SIGKILL" | null;
  /** True where killing it took stopping the unit; null where nobody has seen the end, so that it may go on. */
  readonly unitStopped: boolean | null;
};

/** A reason of its own: the one that a signal makes by itself costs more than all else of a short run. */
const ENDED = "ended";

type Terms = {
  readonly deadlineMs: number;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** The caller's; aborting it cancels the run. */
  readonly signal: AbortSignal;
  /** Resolves when what it runs in is not held still: a KILL that cannot be obeyed would cost the whole sandbox. */
  readonly whenFree: () => Promise<void>;
  /** Called once when the run is being ended from outside. */
  readonly onEnding: () => void;
};

/** Keeps a run's deadline: TERM to the whole tree, a grace, KILL, confirmed gone. Resolves when the run has ended. */
export async function supervise(run: EngineRun, terms: Terms): Promise<Ending> {
  const ended = new AbortController();
  const exit = run.exit.finally(() => ended.abort(ENDED));
  const cause = await firstOf(exit, terms, ended.signal);
  if (cause === undefined) return { exit: await exit, cause, signal: null, unitStopped: false };
  terms.onEnding();
  await free(terms);
  // A TERM that cannot be sent changes nothing: KILL follows.
  const sent = run.terminate().catch(() => undefined);
  await sleep(terms.graceMs, ended.signal);
  if (ended.signal.aborted) {
    await sent;
    // TERM has ended the program; what it left in its tree goes too.
    const { unitStopped } = await run.kill();
    return { exit: await exit, cause, signal: "SIGTERM", unitStopped };
  }
  await free(terms);
  const { unitStopped } = await run.kill();
  return { exit: await exit, cause, signal: "SIGKILL", unitStopped };
}

/** Who cannot tell whether it is held still does not keep it from being ended. */
async function free({ whenFree }: Terms): Promise<void> {
  await whenFree().catch(() => undefined);
}

function firstOf(exit: Promise<RunExit>, terms: Terms, ended: AbortSignal): Promise<EndCause | undefined> {
  return new Promise((resolve) => {
    const cancel = after(terms.deadlineMs, () => settle("deadline"));
    const onAbort = (): void => settle("canceled");
    const settle = (cause: EndCause | undefined): void => {
      cancel();
      terms.signal.removeEventListener("abort", onAbort);
      resolve(cause);
    };
    terms.signal.addEventListener("abort", onAbort, { once: true });
    if (terms.signal.aborted) settle("canceled");
    // A failed exit is told by whoever awaits it next.
    exit.then(
      () => settle(undefined),
      () => settle(undefined),
    );
    if (ended.aborted) settle(undefined);
  });
}
