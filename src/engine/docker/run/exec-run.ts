import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { EngineRun, RunExit, RunSignal, RunSpec } from "../../engine.ts";
import { endedBy } from "../../ended-by.ts";
import { stdinChunks } from "../../stdin-chunks.ts";
import { systemCode } from "../api/system-code.ts";
import type { AttachedOutput } from "./attached-output.ts";
import { createTreeEnding } from "./end-tree.ts";
import type { ExecContext } from "./exec-context.ts";
import { exitCodeOf } from "./exit-code.ts";
import { feedStdin } from "./feed-stdin.ts";
import { resizeProcess, type StartedProcess } from "./processes.ts";
import type { RunMemory } from "./run-memory.ts";
import { runHandle } from "./run-handle.ts";
import { TreeControl, type TreeRoot } from "./tree-control.ts";

/** Above it an exit code may tell of a signal; such an end may have been the keeper's or the root's, which mark none. */
const LAST_PLAIN_CODE = 128;
/** As shells tell an end by KILL. */
const KILLED = 137;

export type BegunRun = {
  readonly spec: RunSpec;
  /** What of its stdin is still to be sent. */
  readonly streamed: RunSpec["stdin"];
  readonly process: StartedProcess;
  readonly output: AttachedOutput;
  readonly root: TreeRoot;
  readonly memory: RunMemory;
  /** Of the start: when it has aborted by now, the run is ended again. */
  readonly signal: AbortSignal | undefined;
  /** True: it may have begun, and its shell has not said so. @default false */
  readonly unanswered?: boolean;
  /** Called once, when nothing more comes of the run: with true where its keeper lives and waits for another. */
  readonly onEnd?: (keeperWaits: boolean) => void;
};

type Course = {
  /** What it was sent. */
  readonly sent: Set<RunSignal>;
  /** True once its keeper has told that it ended by itself and has left nothing behind: there is nothing to signal. */
  whole: boolean;
};

/** Follows a run that has begun to its end. */
export async function execRun(context: ExecContext, begun: BegunRun): Promise<EngineRun> {
  const { spec, streamed, process, output, root, signal } = begun;
  const course: Course = { sent: new Set(), whole: false };
  const ending = createTreeEnding({
    openControl: () => context.urgent(() => TreeControl.open(context.api, context.containerId, root)),
    release: () => output.release(),
    programExit: waitForExit(context, begun, course),
    stopUnit: () => stopUnit(context, spec),
    logger: context.logger,
  });
  const sending = async (name: RunSignal, work: () => Promise<void>): Promise<void> => {
    if (course.whole) return;
    course.sent.add(name);
    await work();
  };
  const run: EngineRun = {
    handle: runHandle({ root, containerStartedAt: context.containerStartedAt }),
    output: output.chunks,
    exit: ending.exit,
    terminate: () => sending("TERM", ending.terminate),
    signal: (name) => sending(name, () => ending.signal(name)),
    kill: async () => {
      if (course.whole) return { unitStopped: false };
      course.sent.add("KILL");
      return ending.kill();
    },
    ...(spec.tty === undefined ? {} : { resize: (size) => resizeProcess(context.api, process.execId, size) }),
  };
  if (signal?.aborted === true) {
    await run.kill();
    throwIfCanceled(signal);
  }
  if (streamed !== undefined)
    void feedStdin(process.socket, stdinChunks(streamed), { logger: context.logger, keepOpen: spec.tty !== undefined });
  return run;
}

async function waitForExit(context: ExecContext, begun: BegunRun, course: Course): Promise<RunExit> {
  const { output, memory } = begun;
  const { sent } = course;
  try {
    const exitCode = await exitCodeOf(context, begun);
    course.whole = output.told !== undefined && sent.size === 0;
    const unasked = exitCode !== null && exitCode > LAST_PLAIN_CODE && sent.size === 0;
    if (unasked && !course.whole) await endEscaped(context, begun);
    await output.finish();
    if (output.failure !== undefined && !isUnreadInput(begun, output.failure)) throw brokenOutput(output.failure);
    if (isCutOff(begun, exitCode)) throw brokenOutput();
    const { own: oomKilled, beside } = await memory.kills(exitCode === KILLED && !sent.has("KILL"));
    return {
      exitCode,
      signal: endedBy({ exitCode, sent, oomKilled }),
      oomKilled,
      ...(beside ? { oomKilledBeside: true } : {}),
      peakMemoryBytes: memory.peak(),
    };
  } finally {
    memory[Symbol.dispose]();
    await output.finish();
    begun.onEnd?.(course.whole);
  }
}

async function stopUnit(context: ExecContext, { aroundStop }: RunSpec): Promise<void> {
  await (aroundStop === undefined ? context.stopUnit() : aroundStop(context.stopUnit));
}

/**
 * Its keeper marks an end of its output, so without that mark there was more of it, or the code is that of a shell that
 * serves several runs and has read its end of input instead. What a run left unread of its input may cost the mark.
 */
function isCutOff({ root, output, unanswered = false }: BegunRun, exitCode: number | null): boolean {
  if (!output.isCutOff || (output.failure !== undefined && !root.shared)) return false;
  return unanswered || (exitCode !== null && exitCode <= LAST_PLAIN_CODE);
}

function brokenOutput(cause?: unknown): MoorageError {
  return new MoorageError("ENGINE_FAILED", "The connection to the output of a run broke.", { cause });
}

/** What is left unread when the program ends resets a local socket, which is told after all that had been printed. */
function isUnreadInput({ streamed }: BegunRun, failure: unknown): boolean {
  return streamed !== undefined && ["EPIPE", "ECONNRESET"].includes(systemCode(failure) ?? "");
}

// A program that has killed its keeper, or the root, would outlive its run: what it has left is found and ended here.
async function endEscaped(context: ExecContext, { root, spec }: BegunRun): Promise<void> {
  const { api, containerId, urgent, logger } = context;
  try {
    using control = await urgent(() => TreeControl.open(api, containerId, root));
    if ((await control.ask("count")) > 0 && (await control.ask("kill")) > 0) await stopUnit(context, spec);
  } catch (error) {
    // The sandbox has ended, and the run with it, or it has no room for a shell: its next run is told so.
    logger.warn({ err: error }, "what a run may have left behind cannot be looked for");
  }
}
