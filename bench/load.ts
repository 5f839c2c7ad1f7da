/** What a server holds and takes under load: failures, memory, leaks. Prints lines to read, and JSON at the end. */
import type { RunEvent } from "../src/contracts/types.ts";
import { startServerProcess, type ServerProcess } from "./load/server-process.ts";

const IMAGE = "busybox:latest";
const SANDBOXES = 50;
const RUNS = 2_000;
const AT_ONCE = 20;
const PRINTED_MIB = 2_048;
const WARM_UP_MIB = 256;

const results: Record<string, number> = {};

await using server = await startServerProcess();
results["memoryAtRestMib"] = await server.memory();
await manyRuns(server);
await endlessOutput(server);
for (const [name, value] of Object.entries(results)) console.log(`${name}: ${value.toFixed(1)}`);
console.log(JSON.stringify(results));

async function manyRuns({ platform, peakDuring }: ServerProcess): Promise<void> {
  const ids: string[] = [];
  await atOnce(4, SANDBOXES, async () => void ids.push((await platform.sandbox.create({ image: IMAGE })).id));
  const times: number[] = [];
  let failures = 0;
  const begun = performance.now();
  results["peakMemoryMib"] = await peakDuring(() =>
    atOnce(AT_ONCE, RUNS, async (index) => {
      const id = ids[index % ids.length] ?? "";
      const started = performance.now();
      const printed = await outputOf(platform.sandbox.exec({ id, command: ["echo", String(index)] }));
      times.push(performance.now() - started);
      if (printed !== `${index}\n`) failures += 1;
    }),
  );
  results["runs"] = RUNS;
  results["failures"] = failures;
  results["runsPerSecond"] = RUNS / ((performance.now() - begun) / 1000);
  results["runMedianMs"] = times.toSorted((a, b) => a - b)[RUNS / 2] ?? Number.NaN;
  await atOnce(4, SANDBOXES, async (index) => void (await platform.sandbox.remove({ id: ids[index] ?? "" })));
}

async function endlessOutput({ platform, memory, peakDuring }: ServerProcess): Promise<void> {
  const { id } = await platform.sandbox.create({ image: IMAGE });
  const print = async (mib: number): Promise<void> => {
    const command = ["dd", "if=/dev/zero", "bs=1M", `count=${mib}`];
    for await (const event of platform.sandbox.exec({ id, command, timeoutMs: 600_000 })) {
      if (event.type !== "result") continue;
      if (event.result.stdoutBytes !== mib * 1024 * 1024) throw new Error(`printed ${event.result.stdoutBytes} bytes`);
    }
  };
  await print(WARM_UP_MIB);
  const before = await memory();
  const begun = performance.now();
  results["printingGrowthMib"] = (await peakDuring(() => print(PRINTED_MIB))) - before;
  results["printingMibPerSecond"] = PRINTED_MIB / ((performance.now() - begun) / 1000);
  await platform.sandbox.remove({ id });
}

async function outputOf(events: AsyncIterable<RunEvent>): Promise<string> {
  for await (const event of events) if (event.type === "result") return event.result.stdout;
  return "";
}

/** Does something so many times, a few of them at one time. */
async function atOnce(workers: number, count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
