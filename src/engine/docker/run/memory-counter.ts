import { isMoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { MemoryWatch } from "./engine-events.ts";
import type { ExecContext } from "./exec-context.ts";
import { runCommand, type CommandContext } from "./run-command.ts";

const COUNTER_MS = 10_000;
/** Sandboxes whose counters are remembered; others are read again. */
const REMEMBERED = 1_000;
/** Of version 1 and of version 2 of control groups; the other one is missing. */
const COMMAND = ["cat", "/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"];

/** The counters as they were seen last, for each engine object by container. */
const SEEN = new WeakMap<EngineApi, Map<string, number>>();

/**
 * For engines that tell nothing: the kernel's own counter of a sandbox, before its first run and after each run that
 * ended by a KILL that nobody sent. What happened meanwhile without ending a run is counted for the next one of these.
 */
export async function countMemoryKills(
  { api, containerId, urgent }: Pick<ExecContext, "api" | "containerId" | "urgent">,
  signal?: AbortSignal,
): Promise<MemoryWatch> {
  const seen = counters(api);
  // A part of the start of a run, which has passed the gate.
  const before = seen.get(containerId) ?? (await count({ api, starts: (_id, start) => start() }, containerId, signal));
  remember(seen, containerId, before);
  return {
    happened: async () => {
      const now = await count({ api, starts: (_id, start) => urgent(start) }, containerId, signal);
      const told = seen.get(containerId) ?? before;
      remember(seen, containerId, now);
      return now > told;
    },
    [Symbol.dispose]: () => undefined,
  };
}

async function count(context: CommandContext, containerId: string, signal?: AbortSignal): Promise<number> {
  try {
    const { stdout } = await runCommand(context, { containerId, command: COMMAND, timeoutMs: COUNTER_MS, signal });
    return Number(/^oom_kill (\d+)$/m.exec(stdout.toString())?.[1] ?? 0);
  } catch (error) {
    // The counter is gone with the sandbox, which was stopped or removed.
    if (isMoorageError(error) && ["SANDBOX_NOT_RUNNING", "NOT_FOUND"].includes(error.code)) return 0;
    throw error;
  }
}

function counters(api: EngineApi): Map<string, number> {
  const known = SEEN.get(api) ?? new Map<string, number>();
  SEEN.set(api, known);
  return known;
}

function remember(seen: Map<string, number>, containerId: string, kills: number): void {
  seen.delete(containerId);
  seen.set(containerId, kills);
  const [oldest] = seen.keys();
  if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
}
