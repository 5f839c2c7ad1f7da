import { readFile } from "node:fs/promises";
import { compare, comparison } from "../compare.ts";
import { plainExec, plainSandbox } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const MIB = 1024 * 1024;
const ROUNDS = 3;
const LOOK_MS = 100;

const print = (mib: number): string[] => ["dd", "if=/dev/zero", `bs=${MIB}`, `count=${mib}`];

/** Large output, streamed to the client; the server's memory while a program prints 2 GiB. */
export const output: BenchCase = {
  name: "output",
  run: async ({ server, serverPid }) => {
    await using plain = await plainSandbox(IMAGE);
    const limits = { timeoutMs: 600_000 };
    const { id } = await server.sandbox.create({ image: IMAGE });
    const exec = (mib: number) => drain(server.sandbox.exec({ id, command: print(mib), ...limits }));
    try {
      const streamed = await compare(
        "100 MiB of output",
        [
          { name: "sandbox exec", run: () => exec(100) },
          { name: "plain attach", run: () => plainExec(plain.id, print(100)) },
        ],
        { rounds: ROUNDS },
      );
      const before = await residentMib(serverPid);
      const seen: number[] = [];
      const looking = setInterval(() => void residentMib(serverPid).then((mib) => seen.push(mib)), LOOK_MS);
      try {
        await exec(2048);
      } finally {
        clearInterval(looking);
      }
      const after = { name: "while 2 GiB are printed, MiB", times: seen };
      return [streamed, comparison("resident memory of the server", [after, { name: "before, MiB", times: [before] }])];
    } finally {
      await server.sandbox.remove({ id });
    }
  },
};

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
