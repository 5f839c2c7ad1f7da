import { expect, it } from "vitest";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { RunEvent, RunResult } from "../../contracts/types.ts";
import { openDockerFixture } from "../../engine/docker/docker-fixture.ts";

const LONG = { timeout: 120_000 };
const POLL = { timeout: 60_000, interval: 200 };
const LINES = 2_000;
const MAKE = `i=0; while [ $i -lt ${LINES} ]; do echo "line $i of the file"; i=$((i+1)); done > file`;
const FILE = Buffer.from(Array.from({ length: LINES }, (_, line) => `line ${line} of the file\n`).join(""));
/** Prints the file again and again, as fast as it is taken, and does not obey TERM. */
const ENDLESS = ["sh", "-c", "trap '' TERM; while :; do cat file; done"];

/** What a file that is printed again and again has at an offset. */
function expected(offset: number, length: number): Buffer {
  const begin = offset % FILE.length;
  const times = Math.ceil((begin + length) / FILE.length);
  return Buffer.concat(Array.from({ length: times }, () => FILE)).subarray(begin, begin + length);
}

/** The real domain on the real engine; a program has a second to print without end before it is killed. */
async function openDomain() {
  const fixture = openDockerFixture();
  const base = openMemoryDomain();
  const policy = { ...base.context.policy, graceMs: 1_000 };
  await base[Symbol.asyncDispose]();
  const domain = openMemoryDomain({ engine: fixture.engine, policy });
  return {
    domain,
    [Symbol.asyncDispose]: async () => {
      await domain[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

async function openSandbox(domain: MemoryDomain): Promise<string> {
  const { sandbox } = domain.platform;
  const { id } = await sandbox.create({ image: "busybox:latest" });
  const { exitCode } = await resultOf(sandbox.exec({ id, command: [MAKE], shell: true }));
  expect(exitCode).toBe(0);
  return id;
}

/** The log is as long as what was counted, and says at each place what was printed there. */
async function expectWhole(domain: MemoryDomain, { runId, stdoutBytes, warnings }: RunResult): Promise<void> {
  await using reader = domain.context.logs.read(runId, 0);
  let [next, misplaced] = [0, 0];
  for (let frame = await reader.next(); frame !== undefined; frame = await reader.next()) {
    expect(frame.offset).toBe(next);
    next += frame.type === "gap" ? frame.bytes : frame.data.length;
    if (frame.type === "output" && !expected(frame.offset, frame.data.length).equals(frame.data)) misplaced += 1;
  }
  expect(misplaced).toBe(0);
  expect(next).toBe(stdoutBytes);
  expect(warnings).toEqual([]);
}

it("a deadline loses nothing of what a program prints meanwhile", LONG, async () => {
  await using opened = await openDomain();
  const { domain } = opened;
  const id = await openSandbox(domain);
  for (const how of [{}, { user: "root" }]) {
    const exec = domain.platform.sandbox.exec({ id, command: ENDLESS, timeoutMs: 1500, ...how });
    const result = await resultOf(exec);
    expect(result.timedOut).toBe(true);
    await expectWhole(domain, result);
  }
});

it("who does not read while the sandbox is stopped is told of a gap, and the log has it all", LONG, async () => {
  await using opened = await openDomain();
  const { domain } = opened;
  const id = await openSandbox(domain);
  const { sandbox, run } = domain.platform;
  const exec: AsyncIterable<RunEvent> = sandbox.exec({ id, command: ENDLESS, timeoutMs: 100_000 });
  const reading = exec[Symbol.asyncIterator]();
  const first = await reading.next();
  const runId = first.done !== true && first.value.type === "started" ? first.value.runId : "";
  const end = (): number => domain.context.live.find(runId)?.log.end ?? 0;
  await expect.poll(end, POLL).toBeGreaterThan(1024 * 1024);
  await sandbox.stop({ id, graceMs: 300 });
  await expect.poll(async () => (await run.get({ runId })).status, POLL).toBe("canceled");
  let [next, gaps] = [0, 0];
  const results: RunResult[] = [];
  for (let item = await reading.next(); item.done !== true; item = await reading.next()) {
    const event = item.value;
    if (event.type === "result") results.push(event.result);
    if (event.type !== "gap" && event.type !== "stdout") continue;
    expect(event.offset).toBe(next);
    if (event.type === "gap") gaps += 1;
    next += event.type === "gap" ? event.bytes : Buffer.byteLength(event.data);
  }
  expect(gaps).toBeGreaterThan(0);
  expect(results.map(({ stdoutBytes }) => stdoutBytes)).toEqual([next]);
  for (const result of results) await expectWhole(domain, result);
});
