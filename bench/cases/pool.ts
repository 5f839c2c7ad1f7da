import { join } from "node:path";
import { comparison, timed, type Line } from "../compare.ts";
import { plainExec, plainSandbox } from "../plain-docker.ts";
import { startPoolServer, type PoolServer } from "../pool-server.ts";
import type { Platform } from "../../src/contracts/platform.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const ROUNDS = 20;
const SIZE = 4;
const CLAIMS = 500;

/** From the wish for a sandbox to the first output in it. What is made is removed outside of the time. */
export const pool: BenchCase = {
  name: "pool",
  run: async ({ server, home }) => {
    const cold = await firstOutput(server.platform, () => Promise.resolve());
    await using pooled = await startPoolServer(join(home, "pool"), { image: IMAGE, size: SIZE });
    const warm = await firstOutput(pooled.server.platform, pooled.filled);
    return [
      comparison("a pooled sandbox to its first output", [{ name: "from the pool", times: warm.ours }, plain(warm)], {
        p50: 30,
        ratio: 1 / 8,
      }),
      comparison("a cold sandbox to its first output", [{ name: "cold", times: cold.ours }, plain(cold)], {
        ratio: 1.15,
      }),
      await claims(pooled),
    ];
  },
};

type Times = { readonly ours: number[]; readonly plain: number[] };

const plain = ({ plain: times }: Times) => ({ name: "plain API", times });

async function firstOutput({ sandbox }: Platform, ready: () => Promise<void>): Promise<Times> {
  const times: Times = { ours: [], plain: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    await ready();
    const made: string[] = [];
    const create = async (): Promise<void> => {
      const { id } = await sandbox.create({ image: IMAGE });
      made.push(id);
      await drain(sandbox.exec({ id, command: ["echo", "first"] }));
    };
    times.ours.push(await timed({ name: "ours", run: create }));
    for (const id of made) await sandbox.remove({ id });
    await ready();
    const begun = performance.now();
    await using container = await plainSandbox(IMAGE);
    await plainExec(container.id, ["echo", "first"]);
    times.plain.push(performance.now() - begun);
  }
  return times;
}

/** What many claims and removals leave: sandboxes in the registry, and memory of the server. */
async function claims({ server, filled, registered }: PoolServer): Promise<Line> {
  const { sandbox } = server.platform;
  await filled();
  const before = await server.memory();
  for (let round = 0; round < CLAIMS; round += 1) {
    if (round % SIZE === 0) await filled();
    const { id } = await sandbox.create({ image: IMAGE });
    await sandbox.remove({ id });
  }
  await filled();
  const left = (await registered()) - SIZE;
  if (left !== 0) throw new Error(`${left} sandboxes were left by ${CLAIMS} claims.`);
  return comparison(`memory of the server, MiB, ${CLAIMS} claims and removals (left over: ${left})`, [
    { name: "after", times: [await server.memory()] },
    { name: "before", times: [before] },
  ]);
}
