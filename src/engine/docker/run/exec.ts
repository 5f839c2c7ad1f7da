import { throwIfCanceled, withDeadline } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { EngineRun, RunSpec } from "../../engine.ts";
import { refuseOversize } from "../../refuse-oversize.ts";
import { noDirectory } from "../unit/start-unit.ts";
import { AttachedOutput } from "./attached-output.ts";
import { endMark, newSecret } from "./end-mark.ts";
import type { ExecContext } from "./exec-context.ts";
import { execRun } from "./exec-run.ts";
import { watchRunMemory, type RunMemory } from "./run-memory.ts";
import { resizeProcess, startProcess, type StartedProcess } from "./processes.ts";
import { runHandle } from "./run-handle.ts";
import { CWD_LINE, EXEC_SCRIPT, GO_LINE, LEAVE_LINE, ROOT_LINE, type ExecInput } from "./run-scripts.ts";
import { notStarted, refusedStart } from "./run-start-errors.ts";
import type { TreeRoot } from "./tree-control.ts";

/**
 * Starts a run in a running container, below a subreaper of its own: the engine's init program, once more. Everything
 * that the run starts stays below it, whatever session or parent it leaves.
 */
export async function startExec(context: ExecContext, spec: RunSpec, signal?: AbortSignal): Promise<EngineRun> {
  throwIfCanceled(signal);
  refuseDash(spec.command);
  refuseOversize(spec);
  const memory = await watchRunMemory(context, signal);
  try {
    const process = await begin(context, spec, signal);
    return await announced(context, { spec, process, memory, signal });
  } catch (error) {
    memory[Symbol.dispose]();
    throw error;
  }
}

/** INVALID_INPUT for a program that a shell would take for an option. */
export function refuseDash([program = ""]: readonly string[]): void {
  if (!program.startsWith("-")) return;
  const given = `The program ${JSON.stringify(program)} begins with a dash`;
  throw new MoorageError("INVALID_INPUT", `${given}; expected a name or a path.`, {
    hint: "Name it by its path, such as ./-name.",
  });
}

async function begin({ api, containerId }: ExecContext, spec: RunSpec, signal?: AbortSignal): Promise<StartedProcess> {
  const { command, cwd, env, stdin, tty, user } = spec;
  const input: ExecInput = tty !== undefined ? "terminal" : stdin === undefined ? "none" : "stream";
  const script = [EXEC_SCRIPT, "moorage", input, cwd, ...command];
  try {
    const { subreaper } = await api.traits();
    return await startProcess(api, {
      containerId,
      command: [...subreaper, "/bin/sh", "-c", ...script],
      env,
      stdin: true,
      user,
      tty: tty !== undefined,
      signal,
    });
  } catch (error) {
    throw refusedStart(error, user);
  }
}

type Starting = {
  readonly spec: RunSpec;
  readonly process: StartedProcess;
  readonly memory: RunMemory;
  readonly signal: AbortSignal | undefined;
};

async function announced(context: ExecContext, starting: Starting): Promise<EngineRun> {
  const { process, spec, memory, signal } = starting;
  const secret = newSecret();
  const go = `${GO_LINE} ${secret}`;
  const output = new AttachedOutput(
    process.socket,
    spec.tty === undefined ? { end: endMark(secret) } : { echo: go, lines: 2 },
  );
  // Of a connection whose output has been read to its end: it is closed when the run has ended.
  process.socket.on("error", () => process.socket.destroy());
  context.track(context.containerId, output);
  try {
    const line = await withDeadline(output.firstLine, context.announceMs, "Starting a run in the sandbox");
    if (line === CWD_LINE) throw noDirectory(spec.cwd);
    const root = rootOf(line, spec.user);
    if (root === undefined) throw refusedStart(await notStarted(output, line), spec.user);
    // Engines before 23.0 start every terminal without a size.
    if (spec.tty !== undefined) await resizeProcess(context.api, process.execId, spec.tty);
    await spec.onHandle?.(runHandle({ root, containerStartedAt: context.containerStartedAt }));
    throwIfCanceled(signal);
    process.socket.write(`${go}\n`);
    const onEnd = (): void => void process.socket.destroy();
    return await execRun(context, { spec, streamed: spec.stdin, process, output, root, memory, signal, onEnd });
  } catch (error) {
    // It has not begun, and it never will.
    process.socket.end(`${LEAVE_LINE}\n`);
    await output.finish();
    throw error;
  }
}

/** Undefined for what is no announcement. */
export function rootOf(line: string | undefined, user: string | undefined): TreeRoot | undefined {
  const [, pid, start, keeper] = ROOT_LINE.exec(line ?? "") ?? [];
  if (pid === undefined || start === undefined || keeper === undefined) return undefined;
  return { pid, start, keeper, user, shared: false };
}
