import { sleep, throwIfCanceled, withDeadline } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { StartGate } from "../unit/start-gate.ts";
import { createDemultiplexer } from "./demultiplex.ts";
import { inspectProcess, startProcess } from "./processes.ts";

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const LOOK_MS = 20;
const MAX_LOOKS = 250;

export type CommandSpec = {
  readonly containerId: string;
  readonly command: readonly string[];
  /** @default 60000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
};

export type CommandContext = {
  readonly api: EngineApi;
  /** No container is frozen while a command of ours begins or works in it: see `StartGate`. */
  readonly starts: StartGate["pass"];
};

export type CommandResult = { readonly exitCode: number | null; readonly stdout: Buffer; readonly stderr: string };

/** Runs a short command of ours in a running container and gathers what it prints. */
export function runCommand({ api, starts }: CommandContext, spec: CommandSpec): Promise<CommandResult> {
  return starts(spec.containerId, () => run(api, spec));
}

async function run(api: EngineApi, spec: CommandSpec): Promise<CommandResult> {
  const { socket, execId } = await startProcess(api, { ...spec, stdin: false });
  const cut = (): void => void socket.destroy(new Error("canceled", { cause: spec.signal?.reason }));
  spec.signal?.addEventListener("abort", cut, { once: true });
  try {
    const timeoutMs = spec.timeoutMs ?? TIMEOUT_MS;
    const output = await withDeadline(gather(socket), timeoutMs, "A command of Moorage's in the sandbox");
    return { ...output, exitCode: await exitCodeOf(api, execId) };
  } catch (error) {
    if (isMoorageError(error)) throw error;
    throwIfCanceled(spec.signal);
    throw new MoorageError("ENGINE_FAILED", "The connection to a command in the sandbox broke.", { cause: error });
  } finally {
    spec.signal?.removeEventListener("abort", cut);
    socket.destroy();
  }
}

// The code is there a moment after the output has ended.
async function exitCodeOf(api: EngineApi, execId: string): Promise<number | null> {
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const state = await inspectProcess(api, execId);
    if (state?.Running !== true) return state?.ExitCode ?? null;
    await sleep(LOOK_MS);
  }
  throw new MoorageError("ENGINE_TIMEOUT", "A command in the sandbox closed its output and did not end.");
}

async function gather(socket: AsyncIterable<unknown>): Promise<{ stdout: Buffer; stderr: string }> {
  const demultiplexer = createDemultiplexer();
  const parts: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_OUTPUT_BYTES) {
      throw new MoorageError("ENGINE_FAILED", `A command in the sandbox printed more than ${MAX_OUTPUT_BYTES} bytes.`);
    }
    for (const { stream, data } of demultiplexer.push(chunk)) parts[stream].push(data);
  }
  return { stdout: Buffer.concat(parts.stdout), stderr: Buffer.concat(parts.stderr).toString().trim() };
}
