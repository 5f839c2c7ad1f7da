import { canceled, sleep, throwIfCanceled, withDeadline } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { EngineRun, RunExit, RunSpec } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { noDirectory } from "../unit/start-unit.ts";
import { AttachedOutput, textOf } from "./attached-output.ts";
import { createTreeEnding } from "./end-tree.ts";
import { feedStdin } from "./feed-stdin.ts";
import { watchMemory, type MemoryWatch } from "./memory-watch.ts";
import { inspectProcess, startProcess, type StartedProcess } from "./processes.ts";
import { CWD_LINE, EXEC_SCRIPT, ROOT_LINE } from "./run-scripts.ts";
import { settledWithin } from "./settled-within.ts";
import { TreeControl } from "./tree-control.ts";

const ANNOUNCE_MS = 20_000;
const FIRST_LOOK_MS = 25;
const LOOK_MS = 200;
const MEMORY_NEWS_MS = 100;
const KILLED_EXIT_CODE = 137;

export type ExecContext = {
  readonly api: EngineApi;
  readonly logger: Logger;
  readonly containerId: string;
  /** Ends the whole sandbox. */
  readonly stopUnit: () => Promise<void>;
  /** Called while the run's output is read, so that it can be released before the unit is killed. */
  readonly track: (containerId: string, output: AttachedOutput) => void;
  /** Aborts when the engine object is closed; what runs goes on. */
  readonly closed: AbortSignal;
};

/**
 * Starts a run in a running container, below a subreaper of its own: the engine's init program, once more. Everything
 * that the run starts stays below it, whatever session or parent it leaves.
 */
export async function startExec(context: ExecContext, spec: RunSpec, signal?: AbortSignal): Promise<EngineRun> {
  throwIfCanceled(signal);
  const memory = await watchMemory(context.api, context.containerId, signal);
  try {
    const { subreaper } = await context.api.traits();
    const process = await startProcess(context.api, {
      containerId: context.containerId,
      command: [...subreaper, "/bin/sh", "-c", EXEC_SCRIPT, "moorage", spec.cwd, ...spec.command],
      env: spec.env,
      stdin: spec.stdin !== undefined,
      signal,
    });
    return await announced(context, { spec, process, memory, signal });
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}

type Starting = {
  readonly spec: RunSpec;
  readonly process: StartedProcess;
  readonly memory: MemoryWatch;
  readonly signal: AbortSignal | undefined;
};

async function announced(context: ExecContext, starting: Starting): Promise<EngineRun> {
  const { process, spec } = starting;
  const output = new AttachedOutput(process.socket);
  context.track(context.containerId, output);
  const line = await withDeadline(output.firstLine, ANNOUNCE_MS, "Starting a run in the sandbox");
  const [, pid, start] = ROOT_LINE.exec(line ?? "") ?? [];
  if (line === CWD_LINE) throw noDirectory(spec.cwd);
  if (pid === undefined || start === undefined) throw await notStarted(output, line);

  const asked = new AbortController();
  const ending = createTreeEnding({
    openControl: () => TreeControl.open(context.api, context.containerId, { pid, start }),
    release: () => {
      asked.abort();
      output.release();
    },
    programExit: waitForExit(context, process, { output, memory: starting.memory, asked: asked.signal }),
    stopUnit: context.stopUnit,
    logger: context.logger,
  });
  if (starting.signal?.aborted === true) {
    await ending.kill();
    throwIfCanceled(starting.signal);
  }
  if (spec.stdin !== undefined) void feedStdin(process.socket, spec.stdin, context.logger);
  return { output: output.chunks, ...ending };
}

type Running = {
  readonly output: AttachedOutput;
  readonly memory: MemoryWatch;
  /** Aborts when we are asked to end the run: then its end needs no explanation. */
  readonly asked: AbortSignal;
};

async function waitForExit(context: ExecContext, process: StartedProcess, running: Running): Promise<RunExit> {
  const { output, memory, asked } = running;
  try {
    const exitCode = await exitCodeOf(context, process.execId, output);
    await output.finish();
    if (output.failure !== undefined) {
      const cause = output.failure;
      throw new MoorageError("ENGINE_FAILED", "The connection to the output of a run broke.", { cause });
    }
    const unexplained = exitCode === KILLED_EXIT_CODE && !asked.aborted;
    const oomKilled = await memory.happened(unexplained ? MEMORY_NEWS_MS : 0);
    return { exitCode, signal: null, oomKilled, peakMemoryBytes: null };
  } finally {
    memory[Symbol.dispose]();
    await output.finish();
  }
}

// The engine tells the end late when a child that is left behind holds stdout, so it is asked as well as waited for.
async function exitCodeOf(context: ExecContext, execId: string, output: AttachedOutput): Promise<number | null> {
  let pause = FIRST_LOOK_MS;
  while (!context.closed.aborted) {
    const streamEnded = await settledWithin(output.ended, pause);
    const state = await inspectProcess(context.api, execId);
    // Absent: the sandbox was removed meanwhile.
    if (state === undefined) return null;
    if (!state.Running) return state.ExitCode;
    // A program may close its output and go on.
    if (streamEnded) await sleep(pause, context.closed);
    pause = Math.min(pause * 2, LOOK_MS);
  }
  throw canceled(context.closed.reason);
}

async function notStarted(output: AttachedOutput, line: string | undefined): Promise<MoorageError> {
  await output.finish();
  const words =
    [line ?? "", await textOf(output.chunks)].filter((part) => part !== "").join(" ") || "no reason was given";
  if (/resource temporarily unavailable|cannot fork|can't fork/i.test(words)) {
    return new MoorageError("LIMIT_EXCEEDED", `The sandbox has no room for another process: ${words}`, {
      hint: "End some of its processes, or create a sandbox with a higher process limit.",
    });
  }
  if (/container .*(?:is not running|stopped)|cannot exec in a stopped|procReady not received/i.test(words)) {
    return new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox does not run: ${words}`);
  }
  return new MoorageError("START_FAILED", `Nothing can be started in the sandbox: ${words}`, {
    hint: "The image needs /bin/sh, and the engine an init program (docker-init).",
  });
}
