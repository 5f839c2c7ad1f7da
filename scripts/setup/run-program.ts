import { spawn, type ChildProcess } from "node:child_process";

import { hasCode } from "./error-code.ts";

/** The end of a program that was run to set this machine up. */
export interface ProgramResult {
  /** 127 when the program does not exist. */
  code: number;
  /** Both outputs in the order of arrival, its last `OUTPUT_CAP` characters. */
  output: string;
}

export interface ProgramOptions {
  /** Milliseconds until SIGKILL. */
  deadlineMs: number;
  /** @default the environment of this process */
  env?: NodeJS.ProcessEnv;
  /** The terminal is the program's own, so that it can ask (sudo). @default false */
  interactive?: boolean;
}

const OUTPUT_CAP = 256 * 1024;

/** Runs a program by its argument vector and gives its exit code and output. Never rejects for a non-zero exit. */
export function runProgram(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<ProgramResult> {
  const [file, ...args] = argv;
  const child = spawn(file, args, {
    env: options.env ?? process.env,
    stdio: [options.interactive ? "inherit" : "ignore", "pipe", "pipe"],
    timeout: options.deadlineMs,
    killSignal: "SIGKILL",
  });
  const output = collectOutput(child);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      if (hasCode(error, "ENOENT")) resolve({ code: 127, output: `${file}: not found` });
      else reject(error);
    });
    child.once("close", (code, signal) => {
      const note = signal === null ? "" : `\n${file} was ended by ${signal} (deadline ${options.deadlineMs} ms)`;
      resolve({ code: code ?? 128, output: output() + note });
    });
  });
}

/** Keeps the tail: failures are told at the end. */
function collectOutput(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-OUTPUT_CAP);
    });
  }
  return () => text;
}

/** Runs a program that must succeed; the error carries the end of its output. */
export async function runOrThrow(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<string> {
  const result = await runProgram(argv, options);
  if (result.code === 0) return result.output;
  const tail = result.output.trimEnd().split("\n").slice(-15).join("\n");
  throw new Error(`${argv.join(" ")} ended with ${result.code}:\n${tail}`);
}
