import type { AgentRun, JobRun, RunEvent, RunResult } from "../../contracts/types.ts";
import type { Call, DomainContext } from "../context.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { allowedDirectory } from "../workspace/host-directory.ts";
import { agentImage } from "./agent-image.ts";
import { prepareJob } from "./job.ts";
import { conductRun } from "./run-conductor.ts";
import { PrintedCharacters } from "./printed-characters.ts";
import { writeResultFile, type ResultFile } from "./result-file.ts";

/** A job of an agent: its environment names, its defaults, and a result file in its workspace. */
export async function* runAgent(call: Call, input: AgentRun, name?: string): AsyncGenerator<RunEvent> {
  const { context } = call;
  const { path } = await allowedDirectory(context, input.workspace);
  const prepare = prepareJob(call, agentJob(context, input), {
    kind: "agent",
    agentId: input.agentId,
    name,
    image: (onProgress, signal) => agentImage(call, input.image, { signal, onProgress, workspace: path }),
  });
  const printed = new PrintedCharacters();
  for await (const event of conductRun(call, prepare)) {
    printed.note(event);
    if (event.type !== "result") yield event;
    else
      yield {
        type: "result",
        result: await withFile(path, resultFile(input.agentId, event.result, printed), event.result),
      };
  }
}

/** The program has ended as it has, whether its result file can be written or not. */
async function withFile(path: string, file: ResultFile, result: RunResult): Promise<RunResult> {
  try {
    await writeResultFile(path, file);
    return result;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...result, warnings: [...result.warnings, `The result file could not be written: ${reason}.`] };
  }
}

function agentJob(context: DomainContext, input: AgentRun): JobRun {
  const { agentId, shell, command, env, ...job } = input;
  const { network, memoryBytes, cpus, timeoutMs } = context.policy.agent;
  return {
    ...job,
    network: job.network ?? network,
    memoryBytes: job.memoryBytes ?? memoryBytes,
    cpus: job.cpus ?? cpus,
    timeoutMs: job.timeoutMs ?? timeoutMs,
    command: shell === true ? ["/bin/bash", "-c", command.join(" ")] : command,
    env: { ...env, AGENT_ID: agentId, WORKSPACE },
  };
}

/** The fields that pipelines written for such result files read. */
function resultFile(agentId: string, result: RunResult, printed: PrintedCharacters): ResultFile {
  return {
    agent_id: agentId,
    container_name: `moorage-${result.sandboxId}`,
    exit_code: result.exitCode,
    timestamp: result.startedAt,
    duration_seconds: result.durationMs === null ? null : result.durationMs / 1000,
    stdout_chars: printed.of("stdout"),
    stderr_chars: printed.of("stderr"),
    timed_out: result.timedOut,
    oom_killed: result.oomKilled,
    run_id: result.runId,
    receipt_id: result.receiptId,
  };
}
