import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { canceled, withDeadline } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { DESCRIPTORS } from "./descriptors.ts";
import { launchCommand, type LaunchTarget } from "./launch-command.ts";
import { firstCharacter, send, socketOf, wholeText } from "./launch-sockets.ts";
import { killTree, onlyChildOf, signalProcess } from "../host/processes.ts";
import { seccompFilter } from "./seccomp-filter.ts";
import { startError } from "./start-error.ts";

/** A descriptor of ours to be given away, a socket of Node's, or nothing. */
export type Channel = number | "pipe" | "ignore";

export type Launch = LaunchTarget & {
  /** Arguments of bubblewrap itself. */
  readonly bubblewrap: readonly string[];
  readonly stdin: Channel;
  readonly stdout: Channel;
  readonly stderr: Channel;
};

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A program that is ready to begin in its namespaces, or has begun. */
export type Launched = {
  readonly child: ChildProcess;
  /** PID 1 of its namespace: when it ends, the kernel ends all others. */
  readonly init: number;
  readonly ended: Promise<Ended>;
  /** Lets the program begin. */
  readonly go: () => void;
  /** Ends all of it at once. */
  readonly kill: () => void;
};

const START_MS = 30_000;
/** For bubblewrap to end after its PID 1 has. */
const LEAVE_MS = 1_000;
/** As shells tell a program's end by SIGKILL. */
const KILLED = 137;
const MAX_COMPLAINT_BYTES = 8 * 1024;

/** Starts bubblewrap and waits until the program could begin. On failure nothing of it is left. */
export async function launch(wish: Launch, signal?: AbortSignal): Promise<Launched> {
  if (signal?.aborted) throw canceled(signal.reason);
  const child = await start(wish);
  const ended = endOf(child);
  const complaints = wholeText(socketOf(child, DESCRIPTORS.complaints), MAX_COMPLAINT_BYTES);
  try {
    const init = await withDeadline(readiness(child, wish.cwd, signal), START_MS, "Starting a program in a namespace");
    if (init !== undefined) return handle(child, init, ended);
  } catch (error) {
    await abandon(child);
    await ended;
    throw error;
  }
  await abandon(child);
  const { signal: endedBy } = await ended;
  throw startError(await complaints, endedBy, wish.hostWorkspace);
}

async function start(wish: Launch): Promise<ChildProcess> {
  const [program = "", ...args] = launchCommand(wish);
  const nothing = openSync("/dev/null", "r+");
  try {
    // A Ctrl-C in our terminal is ours to answer, so the child is in a session of its own.
    const child = spawn(program, args, { stdio: stdio(wish, nothing), env: {}, cwd: "/", detached: true });
    if (child.pid === undefined) await new Promise((_, reject) => child.once("error", reject));
    send(child, DESCRIPTORS.arguments, wish.bubblewrap.map((argument) => `${argument}\0`).join(""));
    send(child, DESCRIPTORS.filter, seccompFilter(wish.host.machine));
    return child;
  } catch (cause) {
    throw new MoorageError("ENGINE_FAILED", `The launcher ${program} could not be started.`, { cause });
  } finally {
    closeSync(nothing);
  }
}

/** Until bubblewrap is ready, what it has begun does not end with it. */
async function abandon({ pid, exitCode, signalCode }: ChildProcess): Promise<void> {
  if (pid !== undefined && exitCode === null && signalCode === null) await killTree(pid);
}

/** Descriptors that we inherited ourselves are replaced in the child, since Node cannot close them. */
function stdio({ host, stdin, stdout, stderr }: Launch, nothing: number): StdioOptions {
  const own: Channel[] = [stdin, stdout, "pipe", "pipe", stderr, "pipe", "pipe"];
  for (const descriptor of host.inherited) {
    if (descriptor < DESCRIPTORS.count) continue;
    while (own.length < descriptor) own.push("ignore");
    own[descriptor] = nothing;
  }
  return own;
}

/** The pid of PID 1 once the program could begin; undefined when the launcher has ended instead. */
async function readiness(child: ChildProcess, cwd: string, signal?: AbortSignal): Promise<number | undefined> {
  const answer = await abortable(firstCharacter(socketOf(child, DESCRIPTORS.control)), signal);
  if (answer === "c") {
    throw new MoorageError(
      "INVALID_INPUT",
      `The working directory ${JSON.stringify(cwd)} is no directory in the sandbox.`,
      { hint: "Name an existing directory; /workspace always exists.", details: { cwd } },
    );
  }
  // Not by bubblewrap's own --info-fd: telling a Moorage that is gone ends it too early to take its PID 1 with it.
  return answer === "r" && child.pid !== undefined ? onlyChildOf(child.pid) : undefined;
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(canceled(signal.reason));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function handle(child: ChildProcess, init: number, ended: Promise<Ended>): Launched {
  let killed = false;
  return {
    child,
    init,
    ended: ended.then((end) => (killed && end.code === KILLED ? { code: null, signal: "SIGKILL" } : end)),
    go: () => send(child, DESCRIPTORS.control, "go\n"),
    kill: () => {
      if (killed || child.exitCode !== null || child.signalCode !== null) return;
      killed = true;
      signalProcess(init, "SIGKILL");
      // bubblewrap takes leave of its PID 1 and ends: without it a zombie could stay behind.
      const timer = setTimeout(() => child.kill("SIGKILL"), LEAVE_MS);
      timer.unref();
      void ended.then(() => clearTimeout(timer));
    },
  };
}

function endOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    // Without a process there is no exit; the failure shows as a launcher that never answered.
    child.once("error", () => resolve({ code: null, signal: null }));
  });
}
