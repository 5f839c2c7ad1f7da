import { closeSync } from "node:fs";
import { closePipe, type Pipe, type PipeSupply } from "./pipe-supply.ts";

export type OurEnds = { readonly stdin: number | undefined; readonly stdout: number; readonly stderr: number };

/** The pipes of one run. */
export type RunPipes = {
  readonly program: { readonly stdin: number | "ignore"; readonly stdout: number; readonly stderr: number };
  /** Once the program has its ends: only then does the end of its output show. */
  readonly closeProgramEnds: () => void;
  /** The other ends, from then on closed by whoever took them. */
  readonly takeOurs: () => OurEnds;
  /** Where there is no program after all. */
  readonly closeAll: () => void;
};

export async function takeRunPipes(
  supply: PipeSupply,
  user: { readonly uid: number; readonly gid: number },
  withStdin: boolean,
): Promise<RunPipes> {
  const taken: Pipe[] = [];
  const take = async (): Promise<Pipe> => {
    const pipe = await supply.take(user);
    taken.push(pipe);
    return pipe;
  };
  try {
    const stdin = withStdin ? await take() : undefined;
    return runPipes({ stdin, stdout: await take(), stderr: await take() });
  } catch (error) {
    taken.forEach(closePipe);
    throw error;
  }
}

type Taken = { readonly stdin: Pipe | undefined; readonly stdout: Pipe; readonly stderr: Pipe };

function runPipes({ stdin, stdout, stderr }: Taken): RunPipes {
  const given = [stdin?.reading, stdout.writing, stderr.writing];
  const own = [stdin?.writing, stdout.reading, stderr.reading];
  const close = (descriptors: (number | undefined)[]): void => {
    for (const descriptor of descriptors.splice(0)) if (descriptor !== undefined) closeSync(descriptor);
  };
  return {
    program: { stdin: stdin?.reading ?? "ignore", stdout: stdout.writing, stderr: stderr.writing },
    closeProgramEnds: () => close(given),
    takeOurs: () => {
      own.length = 0;
      return { stdin: stdin?.writing, stdout: stdout.reading, stderr: stderr.reading };
    },
    closeAll: () => {
      close(given);
      close(own);
    },
  };
}
