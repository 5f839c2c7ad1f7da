import { closeSync } from "node:fs";
import type { PipeSupply } from "./pipe-supply.ts";

/** The pipes of one run. */
export type RunPipes = {
  readonly program: { readonly stdin: number | "ignore"; readonly stdout: number; readonly stderr: number };
  readonly ours: { readonly stdin: number | undefined; readonly stdout: number; readonly stderr: number };
  /** Once the program has its ends: only then does the end of its output show. */
  readonly closeProgramEnds: () => void;
  /** Where there is no program after all. */
  readonly closeAll: () => void;
};

export async function takeRunPipes(
  supply: PipeSupply,
  user: { readonly uid: number; readonly gid: number },
  withStdin: boolean,
): Promise<RunPipes> {
  const stdin = withStdin ? await supply.take(user) : undefined;
  const [stdout, stderr] = [await supply.take(user), await supply.take(user)];
  const given = [stdin?.reading, stdout.writing, stderr.writing];
  const own = [stdin?.writing, stdout.reading, stderr.reading];
  const close = (descriptors: (number | undefined)[]): void => {
    for (const descriptor of descriptors.splice(0)) if (descriptor !== undefined) closeSync(descriptor);
  };
  return {
    program: { stdin: stdin?.reading ?? "ignore", stdout: stdout.writing, stderr: stderr.writing },
    ours: { stdin: stdin?.writing, stdout: stdout.reading, stderr: stderr.reading },
    closeProgramEnds: () => close(given),
    closeAll: () => {
      close(given);
      close(own);
    },
  };
}
