import { readFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { formatEngineHost, type EngineAddress } from "./engine-http.ts";
import { pingEngine } from "./engine-presence.ts";
import { asRoot } from "./privilege.ts";
import { childrenOf, isAlive, waitUntilGone } from "./processes.ts";
import { runOrThrow, runProgram } from "./run-program.ts";

/** An engine process that belongs to this script; disposing stops it and waits until it is gone. */
export interface StartedEngine extends AsyncDisposable {
  address: EngineAddress;
  pid: number;
}

export interface EngineFiles {
  socket: string;
  pidFile: string;
  /** Where the engine keeps what it needs while it runs. */
  execRoot: string;
  logFile: string;
  /** Further arguments of dockerd. */
  args: readonly string[];
  /** What dockerd is run by, such as a program that gives it namespaces of its own. @default nothing */
  wrapper?: readonly string[];
}

export interface StartOptions {
  files: EngineFiles;
  signal: AbortSignal;
  /** @default 60000 */
  deadlineMs?: number;
}

const START_MS = 60_000;
const STOP_MS = 30_000;
const POLL_MS = 100;

/**
 * A session of its own keeps Ctrl-C away from the engine until it is stopped in order; sudo stays in the foreground,
 * where it can ask for a password.
 */
const LAUNCH = 'trap "" HUP; log=$1; shift; setsid "$@" </dev/null >"$log" 2>&1 & echo $!';

/** The places that dockerd takes by itself. */
export function defaultEngineFiles(logFile: string, gid = process.getgid?.() ?? 0): EngineFiles {
  const files = { socket: "/var/run/docker.sock", pidFile: "/var/run/docker.pid", execRoot: "/var/run/docker" };
  // A user with sudo talks to the engine that was started for them without joining a group.
  return { ...files, logFile, args: gid === 0 ? [] : ["--group", String(gid)] };
}

/** Lets systemd start the installed service. False where another program is PID 1 or the service does not start. */
export async function startByServiceManager(): Promise<boolean> {
  const booted = await stat("/run/systemd/system").catch(() => undefined);
  if (booted === undefined) return false;
  const result = await runProgram(asRoot(["systemctl", "start", "docker"]), {
    deadlineMs: START_MS,
    interactive: true,
  });
  return result.code === 0;
}

/** Starts dockerd in the background and resolves when it answers. */
export async function startDockerd({ files, signal, deadlineMs = START_MS }: StartOptions): Promise<StartedEngine> {
  const address: EngineAddress = { kind: "unix", path: files.socket };
  const pid = await launchDockerd(files);
  const stop = async () => stopProcesses([pid, ...(await childrenOf(pid))], files);
  try {
    await untilAnswering({ address, pid, files, signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) });
    return { address, pid, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function launchDockerd(files: EngineFiles): Promise<number> {
  const argv = [
    ...(files.wrapper ?? []),
    "dockerd",
    `--host=${formatEngineHost({ kind: "unix", path: files.socket })}`,
    `--pidfile=${files.pidFile}`,
    `--exec-root=${files.execRoot}`,
    ...files.args,
  ];
  const launch = asRoot(["sh", "-c", LAUNCH, "sh", files.logFile, ...argv]);
  return Number(await runOrThrow(launch, { deadlineMs: START_MS, interactive: true }));
}

interface Awaited {
  address: EngineAddress;
  pid: number;
  files: EngineFiles;
  signal: AbortSignal;
}

async function untilAnswering({ address, pid, files, signal }: Awaited): Promise<void> {
  while ((await pingEngine(address, signal)) !== "answers") {
    if (!(await isAlive(pid))) throw new Error(`dockerd ended at once:\n${await logTail(files)}`);
    await delay(POLL_MS);
    if (signal.aborted) throw new Error(`dockerd does not answer on ${files.socket}:\n${await logTail(files)}`);
  }
}

/**
 * SIGTERM to the engine, which ends its containers and the containerd that it started; one that belongs to the system
 * is no child of it. SIGKILL to what is left at the deadline.
 */
async function stopProcesses(pids: readonly [number, ...number[]], files: EngineFiles): Promise<void> {
  const [daemon] = pids;
  if (await isAlive(daemon)) await sendSignal("TERM", daemon);
  const left = await waitUntilGone(pids, STOP_MS);
  for (const pid of left) await sendSignal("KILL", pid);
  if ((await waitUntilGone(left, STOP_MS)).length > 0) {
    throw new Error(`processes ${left.join(", ")} of dockerd are still there, see ${files.logFile}`);
  }
}

async function sendSignal(signal: "TERM" | "KILL", pid: number): Promise<void> {
  const argv = asRoot(["sh", "-c", 'kill -"$1" "$2"', "sh", signal, String(pid)]);
  await runOrThrow(argv, { deadlineMs: 10_000, interactive: true });
}

/** What the engine complained about last; its progress is left out. */
async function logTail({ logFile }: EngineFiles): Promise<string> {
  const lines = (await readFile(logFile, "utf8")).trimEnd().split("\n");
  const told = lines.filter((line) => !/\blevel=(?:info|debug)\b/.test(line));
  return `${told.slice(-10).join("\n")}\n(the whole log: ${logFile})`;
}
