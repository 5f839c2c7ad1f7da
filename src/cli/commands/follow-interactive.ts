import { EXIT } from "../exit-codes.ts";
import type { Terminal } from "../host.ts";
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
    const events = start(AbortSignal.any([session.signal, failing.signal]));
    return await followRun(terminal === undefined ? events : asItWas(events, terminal), session, onStarted);
  } catch (error) {
    throw failing.signal.aborted ? failing.signal.reason : error;
  } finally {
    terminal?.setRaw(false);
    ended.abort();
    await feeding?.catch(() => undefined);
  }
}

/** What is said about a run is read on the terminal as it was; raw is only for what the run itself prints. */
async function* asItWas(events: AsyncIterable<unknown>, terminal: Terminal): AsyncGenerator<unknown, void, undefined> {
  for await (const event of events) {
    const type = typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
    if (type === "stdout" || type === "started") {
      yield event;
      continue;
    }
    terminal.setRaw(false);
    yield event;
    if (type === "result") return;
    terminal.setRaw(true);
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

type Sizing = { readonly run: Pick<RunControl, "resize">; readonly runId: string; readonly ended: AbortSignal };

/** One size at a time, so that the last is the one that stays, however many a window goes through. */
export function followSize(
  { run, runId, ended }: Sizing,
  { size, onResize }: Pick<Terminal, "size" | "onResize">,
): void {
  let isWanted = false;
  let isSending = false;
  const follow = async (): Promise<void> => {
    isWanted = true;
    if (isSending) return;
    isSending = true;
    try {
      while (isWanted) {
        isWanted = false;
        // A size that comes too late, when the run has ended, is nobody's.
        await run.resize({ runId, ...size() }, { signal: ended }).catch(() => undefined);
      }
    } finally {
      isSending = false;
    }
  };
  const stop = onResize(() => void follow());
  ended.addEventListener("abort", stop, { once: true });
}
