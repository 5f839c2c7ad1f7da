import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";
import { feedInput, type RunControl } from "./feed-input.ts";
import { followRun } from "./follow-run.ts";

type Interactive = {
  readonly start: (signal: AbortSignal) => AsyncIterable<unknown>;
  readonly run: RunControl;
  /** True for a run on a terminal: the caller's own is connected to it, where there is one. */
  readonly tty: boolean;
};

/** Follows a run while what comes on stdin is passed on to it. */
export async function followInteractive({ start, run, tty }: Interactive, session: Session): Promise<number> {
  const ended = new AbortController();
  const failing = new AbortController();
  const terminal = tty ? session.io.terminal : undefined;
  const typed = terminal !== undefined;
  let feeding: Promise<void> | undefined;
  const onStarted = (runId: string): void => {
    feeding = feedInput({ run, runId, ended: ended.signal, typed }, session);
    feeding.catch((error: unknown) => failing.abort(error));
    if (terminal !== undefined) followSize({ run, runId, ended: ended.signal }, terminal);
  };
  terminal?.setRaw(true);
  try {
    return await followRun(start(AbortSignal.any([session.signal, failing.signal])), session, onStarted);
  } catch (error) {
    throw failing.signal.aborted ? failing.signal.reason : error;
  } finally {
    terminal?.setRaw(false);
    ended.abort();
    await feeding?.catch(() => undefined);
  }
}

/**
 * Starts a run in the background. What is piped is passed on to it before its caller leaves, and its end closes the
 * input; where nothing is piped, or somebody could type, the input stays open for `runs input`.
 */
export async function startInteractive({ start, run }: Interactive, session: Session): Promise<number> {
  const { io, ui, signal } = session;
  let started: string | undefined;
  const exitCode = await followRun(start(signal), session, (runId) => (started = runId));
  if (started === undefined || ("isTTY" in io.stdin && io.stdin.isTTY === true)) return exitCode;
  await feedInput({ run, runId: started, ended: signal, typed: false, mayStayOpen: true }, session);
  if (!signal.aborted) return exitCode;
  await ui.warning(`its input was cut off, and is still open; the run goes on: \`moorage runs input ${started}\``);
  return EXIT.interrupted;
}

type Sizing = { readonly run: RunControl; readonly runId: string; readonly ended: AbortSignal };

function followSize({ run, runId, ended }: Sizing, { size, onResize }: NonNullable<Session["io"]["terminal"]>): void {
  // A size that comes too late, when the run has ended, is nobody's.
  const stop = onResize(() => void run.resize({ runId, ...size() }, { signal: ended }).catch(() => undefined));
  ended.addEventListener("abort", stop, { once: true });
}
