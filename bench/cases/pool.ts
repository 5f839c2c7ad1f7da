import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { comparison, timed, type Line } from "../compare.ts";
import { filled, openPooled } from "../open-pooled.ts";
import { plainExec, plainSandbox } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const ROUNDS = 20;

/** From the wish for a sandbox to the first output in it. What is made is removed outside of the time. */
export const pool: BenchCase = { name: "pool", run: async () => [await firstOutput()] };

async function firstOutput(): Promise<Line> {
  const home = await mkdtemp(join(tmpdir(), "moorage-bench-"));
  try {
    await using pooled = await openPooled(home, { image: IMAGE, size: 2 });
    const { sandbox } = pooled.bench.platform;
    const times = { pooled: [] as number[], plain: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      await filled(pooled.bench);
      const made: string[] = [];
      const claim = async (): Promise<void> => {
        const { id } = await sandbox.create({ image: IMAGE });
        made.push(id);
        await drain(sandbox.exec({ id, command: ["echo", "first"] }));
      };
      times.pooled.push(await timed({ name: "from the pool", run: claim }));
      for (const id of made) await sandbox.remove({ id });
      await filled(pooled.bench);
      const begun = performance.now();
      await using plain = await plainSandbox(IMAGE);
      await plainExec(plain.id, ["echo", "first"]);
      times.plain.push(performance.now() - begun);
    }
    return comparison("a sandbox to its first output", [
      { name: "from the pool", times: times.pooled },
      { name: "plain API, cold", times: times.plain },
    ]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
