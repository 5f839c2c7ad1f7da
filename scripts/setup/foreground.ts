import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

export interface ForegroundOptions {
  signal: AbortSignal;
  deadlineMs: number;
  cwd: string;
  env: NodeJS.ProcessEnv;
}

const GRACE_MS = 15_000;

/**
 * Runs a program on this terminal and gives its exit code. At the deadline, or when the signal aborts, it gets
 * SIGTERM, and SIGKILL after a grace; its end is awaited either way.
 */
export async function runForeground(argv: readonly [string, ...string[]], options: ForegroundOptions): Promise<number> {
  const [file, ...args] = argv;
  const { cwd, env } = options;
  const child = spawn(file, args, { cwd, env, stdio: "inherit" });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 128));
  });
  const stop = AbortSignal.any([options.signal, AbortSignal.timeout(options.deadlineMs)]);
  const grace = new AbortController();
  const onAbort = () => {
    child.kill("SIGTERM");
    delay(GRACE_MS, undefined, { signal: grace.signal }).then(
      () => child.kill("SIGKILL"),
      () => undefined,
    );
  };
  if (stop.aborted) onAbort();
  else stop.addEventListener("abort", onAbort, { once: true });
  try {
    return await ended;
  } finally {
    stop.removeEventListener("abort", onAbort);
    grace.abort();
  }
}
