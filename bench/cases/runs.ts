import { setTimeout as pause } from "node:timers/promises";
import { compare, comparison, timed, type Contender } from "../compare.ts";
import { plainExec, plainSandbox } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const ROUNDS = 40;
const REST_MS = 150;
const BURST = 50;
const AT_ONCE = 8;

/** Until the exit code is known, through the server's socket; against create, start, read to the end, inspect. */
export const runs: BenchCase = {
  name: "runs",
  run: async ({ server }) => {
    await using plain = await plainSandbox(IMAGE);
    const { id } = await server.sandbox.create({ image: IMAGE });
    const bare: Contender = { name: "plain API", run: () => plainExec(plain.id, ["true"]) };
    const exec: Contender = { name: "sandbox exec", run: () => drain(server.sandbox.exec({ id, command: ["true"] })) };
    const full: Contender = {
      name: "with env, cwd, stdin, code 3",
      run: () =>
        drain(
          server.sandbox.exec({
            ...{ id, command: ["sh", "-c", 'read x; [ "$x$A" = hib ] && exit 3'] },
            ...{ env: { A: "b" }, cwd: "/tmp", stdin: "hi\n" },
          }),
          3,
        ),
    };
    try {
      return [
        await compare("a run at rest", [exec, bare], { rounds: ROUNDS, between: () => pause(REST_MS) }),
        await compare("a run at rest, with all", [full, bare], { rounds: ROUNDS, between: () => pause(REST_MS) }),
        comparison("50 runs back to back", [
          { name: "first burst", times: await backToBack(exec) },
          { name: "second burst", times: await afterRest(() => backToBack(exec)) },
        ]),
        comparison("8 runs at once", [
          { name: "sandbox exec", times: await afterRest(() => atOnce(exec)) },
          { name: "plain API", times: await atOnce(bare) },
        ]),
      ];
    } finally {
      await server.sandbox.remove({ id });
    }
  },
};

/** So that the shells that the rhythm before has asked for are there. */
async function afterRest(work: () => Promise<number[]>): Promise<number[]> {
  await pause(5_000);
  return work();
}

async function backToBack(contender: Contender): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < BURST; round += 1) times.push(await timed(contender));
  return times;
}

function atOnce(contender: Contender): Promise<number[]> {
  return Promise.all(Array.from({ length: AT_ONCE }, () => timed(contender)));
}
