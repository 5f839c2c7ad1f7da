import { compare, comparison } from "../compare.ts";
import { plainExec, plainSandbox } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const MIB = 1024 * 1024;
const ROUNDS = 5;
const STREAMED_MIB = 100;
const WARM_UP_MIB = 256;
const ENDLESS_MIB = 2048;
const LINE = "a line of text as programs print it, of some eighty characters, and no more than";

const text = (mib: number): string[] => ["sh", "-c", `yes "${LINE}" | head -c ${mib * MIB}`];
const binary = (mib: number): string[] => ["dd", "if=/dev/zero", `bs=${MIB}`, `count=${mib}`];

/** Large output, streamed to the client; the server's memory while a program prints 2 GiB. */
export const output: BenchCase = {
  name: "output",
  run: async ({ server }) => {
    await using plain = await plainSandbox(IMAGE);
    const { sandbox } = server.platform;
    const { id } = await sandbox.create({ image: IMAGE, cpus: 2 });
    const exec = (command: string[]) => drain(sandbox.exec({ id, command, timeoutMs: 600_000 }));
    const streamed = (kind: string, command: string[]) =>
      compare(
        `${STREAMED_MIB} MiB of ${kind}`,
        [
          { name: "sandbox exec", run: () => exec(command) },
          { name: "plain attach", run: () => plainExec(plain.id, command) },
        ],
        // Four fifths of its throughput.
        { rounds: ROUNDS, goal: { ratio: 1.25 } },
      );
    try {
      const lines = [await streamed("text", text(STREAMED_MIB)), await streamed("binary", binary(STREAMED_MIB))];
      await exec(binary(WARM_UP_MIB));
      const before = await server.memory();
      const peak = await server.peakDuring(() => exec(binary(ENDLESS_MIB)));
      const memory = comparison(
        "memory of the server, MiB",
        [
          { name: "while 2 GiB are printed", times: [peak] },
          { name: "before", times: [before] },
        ],
        { above: 50 },
      );
      return [...lines, memory];
    } finally {
      await sandbox.remove({ id });
    }
  },
};
