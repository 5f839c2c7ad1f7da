import { canceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { Once } from "../../../base/once.ts";
import type { AttachedOutput } from "./attached-output.ts";
import type { ExecContext } from "./exec-context.ts";
import { inspectProcess, type StartedProcess } from "./processes.ts";
import type { TreeRoot } from "./tree-control.ts";

const FIRST_LOOK_MS = 25;
const MOST_LOOK_MS = 5_000;
/** So many looks in a row have to fail, `MOST_LOOK_MS` apart, before a run whose output still stands is given up. */
const MOST_FAILURES = 3;

type Followed = {
  readonly process: Pick<StartedProcess, "execId">;
  readonly output: AttachedOutput;
  readonly root: Pick<TreeRoot, "shared">;
};

/**
 * A keeper that serves several runs tells the end of each. Else the engine announces it at once, but up to two seconds
 * late while a child that is left behind holds stdout, and not for certain: its connection may have broken. So it is
 * asked as well: soon at first, for short runs that leave such a child, then ever more rarely, because each question
 * costs a daemon that serves all others too, and a run may go on for weeks. When the output has ended, the program
 * most likely has as well, so the looks begin anew.
 */
export async function exitCodeOf(context: ExecContext, followed: Followed): Promise<number | null> {
  const { events, closed } = context;
  const {
    process: { execId },
    output,
    root,
  } = followed;
  const closing = Promise.withResolvers<void>();
  const onClosed = (): void => closing.resolve();
  closed.addEventListener("abort", onClosed, { once: true });
  if (closed.aborted) onClosed();
  const announced = events.exitCode(execId);
  const over = new Once<unknown>(Promise.race([announced, closing.promise]));
  const news = new Once<unknown>(Promise.race([over.promise, output.ended]));
  try {
    for (const [waiting, mostFailures] of [[news, MOST_FAILURES] as const, [over, 1] as const]) {
      const seen = await lookUntil(waiting, { context, execId, mostFailures });
      if (seen !== undefined) return seen.exitCode;
      if (root.shared && output.told !== undefined) return toldCode(output.told);
      if (closed.aborted) throw canceled(closed.reason);
    }
    return await announced;
  } finally {
    closed.removeEventListener("abort", onClosed);
    events.forget(execId);
  }
}

type Looking = { readonly context: ExecContext; readonly execId: string; readonly mostFailures: number };

/** Undefined when what is waited for has happened first. */
async function lookUntil(
  waiting: Once<unknown>,
  { context: { api, logger }, execId, mostFailures }: Looking,
): Promise<{ readonly exitCode: number | null } | undefined> {
  let failures = 0;
  for (let pause = FIRST_LOOK_MS; !(await waiting.within(pause)); pause = Math.min(pause * 2, MOST_LOOK_MS)) {
    try {
      const state = await inspectProcess(api, execId);
      // Absent: the sandbox was removed meanwhile.
      if (state === undefined) return { exitCode: null };
      if (!state.Running) return { exitCode: state.ExitCode };
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === mostFailures) throw error;
      logger.warn({ err: error, failures }, "a run that goes on could not be looked at, and is looked at again");
      pause = MOST_LOOK_MS;
    }
  }
  return undefined;
}

function toldCode(told: string): number {
  if (/^\d{1,3}$/.test(told)) return Number(told);
  throw new MoorageError("SANDBOX_NOT_RUNNING", "The sandbox was paused just before the run could begin in it.", {
    hint: "Nothing has run; resume the sandbox and run it again.",
  });
}
