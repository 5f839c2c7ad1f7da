import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { hasCode } from "./error-code.ts";
import { runOrThrow } from "./run-program.ts";

export interface RunningProcess {
  pid: number;
  /** The argument vector, joined by spaces. */
  command: string;
}

const POLL_MS = 50;

/** Every process that this user can see. Kernel threads, which have no command, are left out. */
export async function listProcesses(): Promise<RunningProcess[]> {
  if (process.platform !== "linux")
    return parsePs(await runOrThrow(["ps", "-axo", "pid=,command="], { deadlineMs: 10_000 }));
  const entries = await readdir("/proc");
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number);
  const commands = await Promise.all(pids.map(async (pid) => ({ pid, command: await readCommand(pid) })));
  return commands.filter(({ command }) => command !== "");
}

export function parsePs(text: string): RunningProcess[] {
  return text.split("\n").flatMap((line) => {
    const found = /^\s*(\d+)\s+(.+)$/.exec(line);
    return found?.[1] === undefined || found[2] === undefined ? [] : [{ pid: Number(found[1]), command: found[2] }];
  });
}

/** Empty for one that has gone in between, and for one that has ended and is only waited for. */
async function readCommand(pid: number): Promise<string> {
  const raw = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return raw.replaceAll("\0", " ").trim();
}

/** Whether the process still runs: one that has ended and is only waited for does not. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (hasCode(error, "ESRCH")) return false;
  }
  const state = (await statOf(pid))?.state;
  return state !== "Z" && state !== "X";
}

/** The processes whose parent is this one. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const candidate of await listProcesses()) {
    if ((await statOf(candidate.pid))?.parent === pid) children.push(candidate.pid);
  }
  return children;
}

async function statOf(pid: number): Promise<{ state: string; parent: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const found = /^\d+ \(.*\) (\S) (\d+) /s.exec(text);
  return found?.[1] === undefined ? undefined : { state: found[1], parent: Number(found[2]) };
}

/** Waits for the end of processes; gives those that are still there at the deadline. */
export async function waitUntilGone(pids: readonly number[], deadlineMs: number): Promise<number[]> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const alive: number[] = [];
    for (const pid of pids) if (await isAlive(pid)) alive.push(pid);
    if (alive.length === 0 || performance.now() > deadline) return alive;
    await delay(POLL_MS);
  }
}

/** SIGKILL to these, and back when they are gone; those that have gone already are no error. Throws at the deadline. */
export async function killAndWait(pids: readonly number[], deadlineMs: number): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  }
  const left = await waitUntilGone(pids, deadlineMs);
  if (left.length > 0) throw new Error(`processes ${left.join(", ")} do not end`);
}
