import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { z } from "zod";

import { RunResult } from "../../src/contracts/run.ts";
import type { Say } from "./say.ts";

/** What the sandbox of the first run is asked for. */
export interface FirstRun {
  root: string;
  /** Undefined: the engine needs none, or chooses. */
  image: string | undefined;
  engine: "process" | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** Says what it sees from the inside; runs on any POSIX shell, busybox's included. */
export const FIRST_PROGRAM = `
echo "6 x 7       = $((6 * 7))"
echo "user id     = $(id -u)"
echo "processes   = $(ls -d /proc/[0-9]* | wc -l) visible"
echo "network     = $(grep -c ':' /proc/net/dev) interface, loopback included"
if (: > /etc/probe) 2>/dev/null; then echo "system files = writable"; else echo "system files = read-only"; fi
`.trim();

const DEADLINE_MS = 300_000;
const ErrorOutput = z.object({ error: z.object({ message: z.string(), hint: z.string().optional() }) });

export type FirstRunOutcome =
  | { kind: "ran"; result: RunResultValue }
  | { kind: "failed"; message: string; hint?: string };
export type RunResultValue = z.infer<typeof RunResult>;

/** Runs the first program by the real command line. */
export async function firstRun({ root, image, engine, env, signal }: FirstRun): Promise<FirstRunOutcome> {
  const choice = [
    ...(image === undefined ? [] : ["--image", image]),
    ...(engine === undefined ? [] : ["--engine", engine]),
  ];
  const args = ["run", "--json", ...choice, "--", "sh", "-c", FIRST_PROGRAM];
  const child = spawn(join(root, "bin/moorage"), args, {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 128));
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return readOutcome({ stdout, stderr, code });
}

/** Reads the one line that `--json` prints. */
export function readOutcome({
  stdout,
  stderr,
  code,
}: {
  stdout: string;
  stderr: string;
  code: number;
}): FirstRunOutcome {
  const line = parseJson(stdout.trim());
  const result = RunResult.safeParse(line);
  if (result.success) return { kind: "ran", result: result.data };
  const error = ErrorOutput.safeParse(line);
  if (!error.success)
    return { kind: "failed", message: `bin/moorage ended with ${code}: ${`${stderr}${stdout}`.trim()}` };
  const { message, hint } = error.data.error;
  return { kind: "failed", message, ...(hint !== undefined && { hint }) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Not the contract's output: the caller tells what was printed instead.
    return undefined;
  }
}

/** Tells in plain words what happened. */
export function tellResult(result: RunResultValue, image: string | undefined, say: Say): void {
  for (const line of result.stdout.trimEnd().split("\n")) say.line(`    | ${line}`);
  for (const warning of result.warnings) say.warn(warning);
  const { limits } = result;
  const facts: [string, string][] = [
    ["exit code", `${result.exitCode ?? "unknown"}, after ${result.durationMs ?? "?"} ms`],
    ["engine", `${result.engine} (isolation: ${result.isolation})`],
    ...(image === undefined ? [] : ([["image", image]] satisfies [string, string][])),
    ["limits", describeLimits(limits)],
    ["network", result.network],
    ["profile", result.profile],
    ["receipt", result.receiptId ?? "none"],
  ];
  for (const [name, value] of facts) say.line(`    ${name.padEnd(10)} ${value}`);
}

export function describeLimits({ memoryBytes, cpus, pids, timeoutMs }: RunResultValue["limits"]): string {
  const deadline = timeoutMs === null ? "no deadline" : `${timeoutMs / 1000} s deadline`;
  const memory = `${Math.round(memoryBytes / 1024 / 1024)} MiB memory`;
  return `${memory}, ${cpus} CPU${cpus === 1 ? "" : "s"}, ${pids} processes, ${deadline}`;
}

/** What to type next, each line a command that works after the first run. */
export function nextCommands(image: string | undefined): string[] {
  const option = image === undefined ? "" : ` --image ${image}`;
  const lines = [
    ["bin/moorage doctor", "what works on this machine, and the fix for what does not"],
    [`bin/moorage run${option} -- sh -c id`, "another program"],
    [`bin/moorage sandbox create${option}`, "a sandbox that stays"],
    ["bin/moorage receipt verify", "that no record of a run was changed"],
  ] as const;
  const width = Math.max(...lines.map(([command]) => command.length));
  return lines.map(([command, meaning]) => `${command.padEnd(width + 2)}${meaning}`);
}
