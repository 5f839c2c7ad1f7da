import { throwIfCanceled, withDeadline } from "../../../../base/deadline.ts";
import { MoorageError } from "../../../../base/errors.ts";
import type { EngineRun, RunSpec } from "../../../engine.ts";
import { noDirectory } from "../../unit/start-unit.ts";
import { AttachedOutput } from "../attached-output.ts";
import { rootOf } from "../exec.ts";
import type { ExecContext } from "../exec-context.ts";
import { execRun } from "../exec-run.ts";
import { startProcess, type StartedProcess } from "../processes.ts";
import { watchRunMemory } from "../run-memory.ts";
import { CWD_LINE, GO_LINE, STANDBY_SCRIPT, UNDERSTOOD_LINE } from "../run-scripts.ts";
import { settledWithin } from "../settled-within.ts";
import type { TreeRoot } from "../tree-control.ts";

const READY_MS = 20_000;
const UNDERSTAND_MS = 1_000;

/** A shell that waits in a sandbox for the run that it will be. */
export type Standby = { readonly process: StartedProcess; readonly output: AttachedOutput; readonly root: TreeRoot };

export async function startStandby({ api, containerId }: ExecContext): Promise<Standby> {
  const { subreaper } = await api.traits();
  const command = [...subreaper, "/bin/sh", "-c", STANDBY_SCRIPT, "moorage"];
  const process = await startProcess(api, { containerId, command, stdin: true });
  const output = new AttachedOutput(process.socket, { lines: 2 });
  try {
    const line = await withDeadline(output.firstLine, READY_MS, "Starting a shell ahead in the sandbox");
    const root = rootOf(line, undefined);
    if (root !== undefined) return { process, output, root };
    throw new MoorageError("START_FAILED", `A shell ahead in the sandbox said "${(line ?? "nothing").slice(0, 200)}".`);
  } catch (error) {
    await output.close();
    throw error;
  }
}

export type HandOver = { readonly spec: RunSpec; readonly line: string; readonly signal: AbortSignal | undefined };

/** Begins the run in the standby; undefined when the standby does not answer, and nothing has begun. */
export async function handOver(
  context: ExecContext,
  { process, output, root }: Standby,
  { spec, line, signal }: HandOver,
): Promise<EngineRun | undefined> {
  const memory = await watchRunMemory(context, signal);
  process.socket.write(`${line}\n`);
  const answered = await settledWithin(output.line(1), UNDERSTAND_MS);
  const answer = answered ? await output.line(1) : undefined;
  if (answer !== UNDERSTOOD_LINE || signal?.aborted === true) {
    memory[Symbol.dispose]();
    await output.close();
    throwIfCanceled(signal);
    if (answer === CWD_LINE) throw noDirectory(spec.cwd);
    return undefined;
  }
  context.track(context.containerId, output);
  process.socket.write(`${GO_LINE}\n`);
  return execRun(context, { spec, process, output, root, memory, signal });
}
