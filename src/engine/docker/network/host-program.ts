import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";

const DEADLINE_MS = 20_000;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

export type ProgramResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a program of the host to its end, with nothing of our environment; its code is null when it was ended. */
export function runProgram(path: string, args: readonly string[], input = ""): Promise<ProgramResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>();
  const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"], env: {}, timeout: DEADLINE_MS });
  const texts = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      if (texts[stream].length < MAX_OUTPUT_BYTES) texts[stream] += text;
    });
  }
  child.once("error", reject);
  child.once("close", (code) => resolve({ code, ...texts }));
  // A program that ends before it has read everything breaks the pipe; its code tells why it did.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return promise;
}

/** The first directory that has the program; undefined when none has. */
export async function findProgram(name: string, directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const path = join(directory, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
}
