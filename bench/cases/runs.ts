import { setTimeout as pause } from "node:timers/promises";
import type { Platform } from "../../src/contracts/platform.ts";
import { compare, comparison, timed, type Contender } from "../compare.ts";
import { plainExec, plainSandbox } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const ROUNDS = 40;
const REST_MS = 150;
const BURST = 50;
const AT_ONCE = 8;
const ROUNDS_AT_ONCE = 10;
const AT_REST = { rounds: ROUNDS, between: () => pause(REST_MS), goal: { p50: 6, ratio: 0.1 } };
const BUSY = { p50: 10 };

/** Until the exit code is known, through the server's socket; against create, start, read to the end, inspect. */
export const runs: BenchCase = {
  name: "runs",
  run: async ({ server: { platform } }) => {
    await using plain = await plainSandbox(IMAGE);
    await using rested = await newSandbox(platform);
    await using burst = await newSandbox(platform);
    const bare: Contender = { name: "plain API", run: () => plainExec(plain.id, ["true"]) };
    const exec = ({ id }: { readonly id: string }): Contender => ({
      name: "sandbox exec",
      run: () => drain(platform.sandbox.exec({ id, command: ["true"] })),
    });
    const full: Contender = {
      name: "with env, cwd, stdin, code 3",
      run: () =>
        drain(
          platform.sandbox.exec({
            ...{ id: rested.id, command: ["sh", "-c", 'read x; [ "$x$A" = hib ] && exit 3'] },
            ...{ env: { A: "b" }, cwd: "/tmp", stdin: "hi\n" },
          }),
          3,
        ),
    };
    return [
      await compare("a run at rest", [exec(rested), bare], AT_REST),
      await compare("a run at rest, with all", [full, bare], AT_REST),
      comparison(
        `the first ${BURST} runs of a sandbox, back to back`,
        [
          { name: "sandbox exec", times: await repeated(BURST, exec(burst)) },
          { name: "plain API", times: await repeated(BURST, bare) },
        ],
        BUSY,
      ),
      comparison(
        `${AT_ONCE} runs at once`,
        [
          { name: "sandbox exec", times: await atOnce(exec(burst)) },
          { name: "plain API", times: await atOnce(bare) },
        ],
        BUSY,
      ),
    ];
  },
};

async function newSandbox({ sandbox }: Platform): Promise<AsyncDisposable & { readonly id: string }> {
  const { id } = await sandbox.create({ image: IMAGE });
  return { id, [Symbol.asyncDispose]: async () => void (await sandbox.remove({ id })) };
}

async function repeated(count: number, contender: Contender): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) times.push(await timed(contender));
  return times;
}

async function atOnce(contender: Contender): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS_AT_ONCE; round += 1) {
    times.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => timed(contender)))));
  }
  return times;
}
