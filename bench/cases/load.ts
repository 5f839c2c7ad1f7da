import { comparison, timed } from "../compare.ts";
import { IMAGE, type BenchCase } from "./bench.ts";

const SANDBOXES = 50;
const RUNS = 2_000;
const AT_ONCE = 20;
const CREATES_AT_ONCE = 4;

/** Many sandboxes alive and many runs at one time: every output is looked at, and the server's memory. */
export const load: BenchCase = {
  name: "load",
  run: async ({ server }) => {
    const { sandbox } = server.platform;
    const before = await server.memory();
    const ids: string[] = [];
    await atOnce(CREATES_AT_ONCE, SANDBOXES, async () => void ids.push((await sandbox.create({ image: IMAGE })).id));
    const times: number[] = [];
    const run = async (index: number): Promise<void> => {
      const command = ["echo", String(index)];
      let printed = "";
      for await (const event of sandbox.exec({ id: ids[index % ids.length] ?? "", command })) {
        if (event.type === "result") printed = event.result.stdout;
      }
      if (printed !== `${index}\n`) throw new Error(`The run ${index} printed ${JSON.stringify(printed)}.`);
    };
    const one = async (index: number): Promise<void> =>
      void times.push(await timed({ name: "run", run: () => run(index) }));
    const begun = performance.now();
    const peak = await server.peakDuring(() => atOnce(AT_ONCE, RUNS, one));
    const perRun = (performance.now() - begun) / RUNS;
    await atOnce(CREATES_AT_ONCE, SANDBOXES, async (index) => void (await sandbox.remove({ id: ids[index] ?? "" })));
    return [
      comparison(`${RUNS} runs in ${SANDBOXES} sandboxes, ${AT_ONCE} at once (failures: 0)`, [
        { name: "a run", times },
        { name: "the time of all by their number", times: [perRun] },
      ]),
      comparison(
        "memory of the server, MiB",
        [
          { name: "at most", times: [peak] },
          { name: "before", times: [before] },
        ],
        { p50: 200 },
      ),
    ];
  },
};

/** Does something so many times, a few of them at one time. */
async function atOnce(workers: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
