import { readFileSync } from "node:fs";
import { newId } from "../base/ids.ts";
import type { Holders } from "../domain/context.ts";

/**
 * Names processes by pid and start: a later process with the same pid is told apart where /proc is there. Each call is a
 * holder of its own, which lives as long as the process: a process may open its state more than once.
 */
export function processHolders(): Holders {
  const self = `${name(process.pid)}${OF_PROCESS}${newId()}`;
  return {
    self,
    isAlive: (given) => {
      const [holder = ""] = given.split(OF_PROCESS);
      const pid = Number(holder.split(":")[0]);
      return Number.isInteger(pid) && pid > 0 && runs(pid) && name(pid) === holder;
    },
    sharesClock: (holder) => bootOf(holder) !== "" && bootOf(holder) === bootOf(self),
  };
}

const OF_PROCESS = "#";

function name(pid: number): string {
  return `${pid}:${startOf(pid)}`;
}

function bootOf(holder: string): string {
  return holder.split(":").length === 3 ? (holder.split(":")[1] ?? "") : "";
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Boot id and start in clock ticks after boot; empty where the system has no /proc. */
function startOf(pid: number): string {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name, which may contain anything but ends with the last parenthesis.
    return `${boot}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}
