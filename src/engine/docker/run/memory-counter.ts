import { isMoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { MemoryWatch } from "./memory-watch.ts";
import { runCommand } from "./run-command.ts";

const COUNTER_MS = 10_000;
/** Of version 1 and of version 2 of control groups; the other one is missing. */
const COMMAND = ["cat", "/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events"];

/** For engines that tell nothing: the kernel's own counter of a sandbox, before a run and after its end. */
export async function countMemoryKills(
  api: EngineApi,
  containerId: string,
  signal?: AbortSignal,
): Promise<MemoryWatch> {
  const count = async (): Promise<number> => {
    const { stdout } = await runCommand(api, { containerId, command: COMMAND, timeoutMs: COUNTER_MS, signal });
    return Number(/^oom_kill (\d+)$/m.exec(stdout.toString())?.[1] ?? 0);
  };
  const before = await count();
  const later = async (): Promise<boolean> => {
    try {
      return (await count()) > before;
    } catch (error) {
      // The counter is gone with the sandbox, which was stopped or removed.
      if (isMoorageError(error) && ["SANDBOX_NOT_RUNNING", "NOT_FOUND"].includes(error.code)) return false;
      throw error;
    }
  };
  return {
    happened: async (ms) => ms > 0 && (await later()),
    [Symbol.dispose]: () => undefined,
  };
}
