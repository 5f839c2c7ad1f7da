import { execFile } from "node:child_process";
import { closeSync, constants, openSync, unlinkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { newId } from "../../base/ids.ts";

/** Both ends of a pipe, as descriptors. Whoever takes it closes them. */
export type Pipe = { readonly reading: number; readonly writing: number };

/**
 * Real pipes for the input and output of programs. Node gives children sockets, which cannot be opened again by
 * /dev/stdin, /dev/stdout or /dev/stderr. Only `mkfifo` makes pipes from here, so several are made at a time.
 */
export type PipeSupply = AsyncDisposable & { readonly take: () => Promise<Pipe> };

const AT_A_TIME = 24;
const TIMEOUT_MS = 10_000;

export function createPipeSupply(directory: string, mkfifo: string): PipeSupply {
  const ready: string[] = [];
  let making: Promise<void> | undefined;

  const make = async (): Promise<void> => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const paths = Array.from({ length: AT_A_TIME }, () => join(directory, newId()));
    // For the program's user; the directory lets nobody else come near, and the name is gone before the program starts.
    await promisify(execFile)(mkfifo, ["-m", "0666", "--", ...paths], { timeout: TIMEOUT_MS, env: {} });
    ready.push(...paths);
  };

  return {
    take: async () => {
      for (;;) {
        const path = ready.pop();
        if (path !== undefined) return open(path);
        making ??= make().finally(() => (making = undefined));
        await making;
      }
    },
    [Symbol.asyncDispose]: async () => {
      ready.length = 0;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Opened for both first, so that neither end waits for the other. */
function open(path: string): Pipe {
  const both = openSync(path, constants.O_RDWR);
  try {
    const reading = openSync(path, constants.O_RDONLY);
    try {
      return { reading, writing: openSync(path, constants.O_WRONLY) };
    } catch (error) {
      closeSync(reading);
      throw error;
    }
  } finally {
    closeSync(both);
    unlinkSync(path);
  }
}
