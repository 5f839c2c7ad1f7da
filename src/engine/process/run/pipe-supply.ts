import { spawn } from "node:child_process";
import { closeSync, constants, fchownSync, openSync, readlinkSync } from "node:fs";
import { Socket } from "node:net";
import { withDeadline } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { allProcesses } from "../host/processes.ts";

/** Both ends of a pipe, as descriptors. Whoever takes it closes them. */
export type Pipe = { readonly reading: number; readonly writing: number };

/**
 * Real pipes for the input and output of programs: Node gives children sockets, which cannot be opened again as
 * /dev/stdin, /dev/stdout or /dev/stderr. Node cannot make pipes, but a shell does; so one makes a few at a time, and
 * their ends are opened from there.
 */
export type PipeSupply = AsyncDisposable & {
  /** A pipe that a program of this user can open again by name. */
  readonly take: (user: { readonly uid: number; readonly gid: number }) => Promise<Pipe>;
};

// `read` puts its own input in the place of 0 meanwhile, so the pipe's ends are kept as 5 and 6.
const PART = "{ exec 5<&0 6>&1; echo >&3; read -r _ <&4; }";
const AT_A_TIME = 12;
const LOW = 4;
const TIMEOUT_MS = 10_000;

export function createPipeSupply(sh: string): PipeSupply {
  const ready: Pipe[] = [];
  let making: Promise<void> | undefined;
  let disposed = false;

  const make = async (): Promise<void> => {
    const made = await withDeadline(makePipes(sh), TIMEOUT_MS, "Making pipes");
    if (disposed) made.forEach(closePipe);
    else ready.push(...made);
  };
  const refill = (): Promise<void> => (making ??= make().finally(() => (making = undefined)));

  return {
    take: async ({ uid, gid }) => {
      while (ready.length === 0) await refill();
      const pipe = ready.shift();
      if (pipe === undefined || disposed) throw new MoorageError("CANCELED", "The engine was closed.");
      // Made ahead for the next run; who then finds none hears of a failure.
      if (ready.length < LOW) refill().catch(() => undefined);
      if (process.getuid?.() === 0) fchownSync(pipe.reading, uid, gid);
      return pipe;
    },
    [Symbol.asyncDispose]: async () => {
      disposed = true;
      await making?.catch(() => undefined);
      ready.splice(0).forEach(closePipe);
    },
  };
}

export function closePipe({ reading, writing }: Pipe): void {
  closeSync(reading);
  closeSync(writing);
}

/** Each part of a pipeline says that it is there, and waits until we have opened what joins it to the next. */
async function makePipes(sh: string): Promise<readonly Pipe[]> {
  const parts = Array.from({ length: AT_A_TIME + 1 }, () => PART);
  const helper = spawn(sh, ["-c", parts.join(" | ")], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    env: {},
  });
  const [, , , there, end] = helper.stdio;
  if (helper.pid === undefined || !(there instanceof Socket) || !(end instanceof Socket)) {
    const [cause] = await new Promise<unknown[]>((resolve) => helper.once("error", (...error) => resolve(error)));
    throw new MoorageError("ENGINE_FAILED", `The shell ${sh} could not be started.`, { cause });
  }
  end.on("error", () => undefined);
  try {
    await bytes(there, parts.length);
    const pipes = await openEnds(helper.pid);
    if (pipes.length > 0) return pipes;
    throw new MoorageError("ENGINE_FAILED", "The pipes that a shell made could not be opened by way of /proc.");
  } finally {
    end.destroy();
  }
}

function bytes(from: Socket, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = count;
    from.on("data", (chunk: Buffer) => {
      left -= chunk.length;
      if (left === 0) resolve();
    });
    from.once("close", () => reject(new MoorageError("ENGINE_FAILED", "The shell that makes pipes ended early.")));
  });
}

async function openEnds(helper: number): Promise<readonly Pipe[]> {
  const parts = (await allProcesses()).filter(({ parent }) => parent === helper);
  const readers = new Map(parts.map(({ pid }) => [readlinkSync(`/proc/${pid}/fd/5`), pid]));
  return parts.flatMap(({ pid }) => {
    const pipe = readlinkSync(`/proc/${pid}/fd/6`);
    const reader = readers.get(pipe);
    // The first part reads, and the last one writes, what is no pipe.
    if (reader === undefined || !pipe.startsWith("pipe:")) return [];
    return [openPipe(`/proc/${reader}/fd/5`, `/proc/${pid}/fd/6`)];
  });
}

function openPipe(reader: string, writer: string): Pipe {
  const reading = openSync(reader, constants.O_RDONLY);
  try {
    return { reading, writing: openSync(writer, constants.O_WRONLY) };
  } catch (error) {
    closeSync(reading);
    throw error;
  }
}
