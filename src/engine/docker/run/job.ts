import type { IncomingMessage } from "node:http";
import { canceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { EngineRun, JobSpec, RunExit } from "../../engine.ts";
import { stdinChunks } from "../../stdin-chunks.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { ContainerReply, WaitReply } from "../api/replies.ts";
import { readJsonLines } from "../api/json-lines.ts";
import { createUnit, type UnitContext } from "../unit/create-unit.ts";
import { attachUnit, startUnit, type AttachedUnit } from "../unit/start-unit.ts";
import type { AttachedOutput } from "./attached-output.ts";
import type { JobGroups } from "./job-groups.ts";
import { feedStdin } from "./feed-stdin.ts";
import { JOB_SCRIPT } from "./run-scripts.ts";
import type { StartGate } from "../unit/start-gate.ts";
import { settledWithin } from "./settled-within.ts";
import { signalJob } from "./signal-job.ts";

/** As shells tell an end by KILL. */
const KILLED = 137;
/** How long the connection that waits for a job's end may be behind an end that the engine has confirmed otherwise. */
const CONFIRM_MS = 5_000;

export type JobContext = UnitContext & {
  readonly jobGroups: JobGroups;
  readonly gate: StartGate;
  readonly track: (containerId: string, output: AttachedOutput) => void;
  /** Aborts when the engine object is closed; what runs goes on. */
  readonly closed: AbortSignal;
};

/** Creates a container whose main process becomes the program, and starts it. */
export async function startJob(context: JobContext, spec: JobSpec, signal?: AbortSignal): Promise<EngineRun> {
  const limit = Math.ceil(spec.deadlineMs / 1000) + 1;
  const script = [JOB_SCRIPT, spec.cwd, String(limit), ...spec.command];
  const cgroupParent = await context.jobGroups.parentOf(spec.id);
  const main = { script, stdin: spec.stdin !== undefined, cgroupParent };
  return createUnit(context, { spec, main, signal }, async (containerId) => {
    const attached = await attachUnit(context.api, containerId, main.stdin);
    context.track(containerId, attached.output);
    const waiting = await waitForEnd(context.api, containerId);
    try {
      await startUnit(context.api, attached, spec.cwd);
    } catch (error) {
      waiting.destroy();
      throw error;
    }
    if (spec.stdin !== undefined) void feedStdin(attached.socket, stdinChunks(spec.stdin), context);
    const peak = (): number | null => context.jobGroups.peak(spec.id);
    let killed = false;
    const exit = exitOf(context, attached, { waiting, peak, wasKilled: () => killed });
    return jobRun(context, attached, { exit, waiting, onKill: () => (killed = true) });
  });
}

// Begun before the start: an end that comes at once is not missed. The answer's head says that the engine is waiting.
function waitForEnd(api: EngineApi, containerId: string): Promise<IncomingMessage> {
  return api.stream({ method: "POST", path: `/containers/${containerId}/wait`, query: { condition: "next-exit" } });
}

type Followed = {
  readonly waiting: IncomingMessage;
  readonly peak: () => number | null;
  /** By us. */
  readonly wasKilled: () => boolean;
};

function exitOf(context: JobContext, attached: AttachedUnit, followed: Followed): Promise<RunExit> {
  const giveUp = (): void => void followed.waiting.destroy();
  context.closed.addEventListener("abort", giveUp, { once: true });
  const exit = waitForExit(context, attached, followed);
  const settle = (): void => context.closed.removeEventListener("abort", giveUp);
  // Who never asks for the exit is not told of its failure.
  exit.then(settle, settle);
  return exit;
}

async function waitForExit(context: JobContext, attached: AttachedUnit, followed: Followed): Promise<RunExit> {
  const { containerId, output } = attached;
  const { waiting, peak, wasKilled } = followed;
  try {
    const exitCode = await exitCodeFrom(waiting);
    await output.finish();
    if (output.failure !== undefined) throw lost(output.failure);
    const request = { method: "GET", path: `/containers/${containerId}/json` } as const;
    const container = await context.api.find(request, ContainerReply);
    const kills = container?.State.OOMKilled ?? false;
    const own = kills && exitCode === KILLED && !wasKilled();
    return {
      exitCode,
      signal: null,
      oomKilled: own,
      ...(kills && !own ? { oomKilledBeside: true } : {}),
      peakMemoryBytes: peak(),
    };
  } catch (error) {
    throw context.closed.aborted ? canceled(error) : error;
  } finally {
    await output.finish();
  }
}

async function exitCodeFrom(waiting: IncomingMessage): Promise<number | null> {
  try {
    for await (const reply of readJsonLines(waiting, WaitReply)) return reply.StatusCode;
  } catch (cause) {
    throw lost(cause);
  }
  return null;
}

function lost(cause: unknown): MoorageError {
  return new MoorageError("ENGINE_FAILED", "The connection to the engine broke before the job ended.", { cause });
}

type Ending = {
  readonly exit: Promise<RunExit>;
  readonly waiting: IncomingMessage;
  /** Called before it is killed. */
  readonly onKill: () => void;
};

function jobRun(
  context: JobContext,
  { containerId, output }: AttachedUnit,
  { exit, waiting, onKill }: Ending,
): EngineRun {
  let ended = false;
  const end = (): void => void (ended = true);
  exit.then(end, end);
  const kill = async (): Promise<{ readonly unitStopped: boolean }> => {
    output.release();
    if (!ended) onKill();
    try {
      if (!ended) await context.units.stop(containerId);
    } catch (error) {
      // An engine that does not answer tells no end either: nobody waits for it any longer.
      waiting.destroy();
      await output.close();
      throw error;
    }
    if (!(await settledWithin(exit, CONFIRM_MS))) waiting.destroy();
    await exit.catch(() => undefined);
    return { unitStopped: true };
  };
  return {
    // A job's container ends itself at its deadline, watched or not.
    handle: "job",
    output: output.chunks,
    exit,
    terminate: async () => {
      if (ended) return;
      output.release();
      await signalJob(context, containerId, "TERM");
    },
    kill,
    signal: async (name) => {
      if (name === "KILL") await kill();
      else if (!ended) await signalJob(context, containerId, name);
    },
  };
}
