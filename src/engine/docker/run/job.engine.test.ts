import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEngineProxy } from "../../../../test/fixtures/engine-proxy.ts";
import { failureOf, jobSpec, openDockerFixture, printed, untilPrinted, type DockerFixture } from "../docker-fixture.ts";
import { settledWithin } from "./settled-within.ts";

const LONG = { timeout: 120_000 };
const MIB = 1024 * 1024;
const LONGEST_MS = 2_000 + 3_000 + 1_000;

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

const shell = (script: string): readonly string[] => ["sh", "-c", script];

for (const image of ["busybox:latest", "python:3.11-slim"]) {
  describe(`a job in ${image}`, () => {
    test("every exit code is the program's", { timeout: 120_000 }, async () => {
      const codes = [0, 1, 2, 125, 126, 127, 128, 129, 137, 143, 145, 254, 255];
      const answers = await Promise.all(
        codes.map(
          async (code) => (await printed((await fixture.job(shell(`exit ${code}`), { image })).run)).exit.exitCode,
        ),
      );
      expect(answers).toEqual(codes);
    });

    test("signals are as everywhere: INT is not ignored, and a signal's end is 128 and more", async () => {
      const script = 'trap "echo int" INT; kill -INT $$; sh -c "kill -INT \\$\\$"; echo $?; kill -SEGV $$';
      const { out, exit } = await printed((await fixture.job(shell(script), { image })).run);
      expect({ out, exitCode: exit.exitCode }).toEqual({ out: "int\n130\n", exitCode: 139 });
    });

    test("the program has no children that it did not start", async () => {
      const script =
        'for d in /proc/[0-9]*; do read -r l <"$d/stat"; set -- ${l##*) }; [ "$2" = $$ ] && echo "$l"; done';
      const { out } = await printed((await fixture.job(shell(script), { image })).run);
      expect(out).toBe("");
    });

    test("TERM reaches the whole tree, and what is deaf to it lives on until kill", async () => {
      const deaf = `sh -c 'trap "" TERM; while :; do sleep 0.1; done'`;
      const script = `sleep 4321 & ${deaf} & trap "echo term" TERM; echo ready; while :; do sleep 0.1; done`;
      const { id, run } = await fixture.job(shell(script), { image });
      await untilPrinted(run, "ready");
      await run.terminate();
      expect(await settledWithin(run.exit, 2_000)).toBe(false);
      const left = await fixture.processes(id);
      expect(left.filter((line) => line === "sleep 4321")).toEqual([]);
      expect(left.filter((line) => line.startsWith("sh -c trap"))).toHaveLength(1);
      await run.kill();
      expect((await run.exit).exitCode).toBe(137);
    });
  });
}

describe("a job that nobody watches", () => {
  test("ends at its deadline when its client was killed, and its output is kept", { timeout: 30_000 }, async () => {
    const spec = { ...jobSpec(shell('echo begun; trap "" TERM; while :; do sleep 1; done')), deadlineMs: 2_000 };
    const labels = fixture.labels.sign(spec);
    const script = `
      import { createDockerEngine, parseDockerHost } from ${JSON.stringify(new URL("../docker-engine.ts", import.meta.url).href)};
      const ignore = () => undefined;
      const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
      const labels = { deployment: "", sign: () => (${JSON.stringify(labels)}), verify: ignore };
      const engine = createDockerEngine({ endpoint: parseDockerHost(undefined), labels, logger });
      await engine.startJob(${JSON.stringify(spec)});
      console.log("started");
      setInterval(ignore, 1000);
    `;
    const client = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => client.stdout.once("data", resolve));
    const begin = performance.now();
    client.kill("SIGKILL");
    await expect.poll(async () => (await fixture.engine.inspect(spec.id))?.state, { timeout: 10_000 }).toBe("exited");
    expect(performance.now() - begin).toBeLessThan(LONGEST_MS);
    expect((await fixture.engine.inspect(spec.id))?.exitCode).toBe(137);
    const [chunk] = await fixture.engine.lastOutput(spec.id);
    expect(Buffer.from(chunk?.data ?? []).toString()).toBe("begun\n");
  });

  test.each([
    ["kills one of its guards", 'kill -9 "$(pidof -o $$ sh | cut -d" " -f1)"'],
    ["sends TERM to everything", 'trap "" TERM; kill -TERM -1'],
    ["stops one of its guards", 'kill -STOP "$(pidof -o $$ sh | cut -d" " -f1)"'],
    ["fills its process limit", "f() { f | f & }; f"],
  ])("ends at its deadline though it %s", { timeout: 30_000 }, async (_, attack) => {
    const begin = performance.now();
    const script = `trap "" TERM; ${attack}; exec 2>/dev/null; while :; do read -r x </proc/uptime; done`;
    const { run } = await fixture.job(shell(script), { deadlineMs: 2_000 });
    await run.exit;
    expect(performance.now() - begin).toBeLessThan(LONGEST_MS + 1_000);
  });

  test(
    "goes on to its deadline when its guards' sleepers are killed, and ends at once when all is",
    { timeout: 30_000 },
    async () => {
      const begin = performance.now();
      const script = "trap '' TERM; sleep 0.3; killall sleep; while :; do read -r x </proc/uptime; done";
      const { run } = await fixture.job(shell(script), { deadlineMs: 2_000 });
      await run.exit;
      expect(performance.now() - begin).toBeGreaterThan(2_000);
      expect(performance.now() - begin).toBeLessThan(LONGEST_MS + 1_000);
      const again = performance.now();
      const all = await fixture.job(shell("sh -c 'kill -9 -1; sleep 60'; sleep 60"));
      expect((await all.run.exit).exitCode).toBe(137);
      expect(performance.now() - again).toBeLessThan(5_000);
    },
  );
});

describe("the output of a job", () => {
  test("that is endless costs no memory while its reader is slow, and kill works", { timeout: 30_000 }, async () => {
    const { run } = await fixture.job(["yes", "a line that never ends to come"]);
    const iterator = run.output[Symbol.asyncIterator]();
    await iterator.next();
    const before = process.memoryUsage().rss;
    for (let look = 0; look < 10; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await iterator.next();
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
    expect(await run.kill()).toEqual({ unitStopped: true });
    expect((await run.exit).exitCode).toBe(137);
    let left = 0;
    for (let item = await iterator.next(); item.done !== true; item = await iterator.next())
      left += item.value.data.length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(8 * MIB);
  });

  test("of long ago is told from the log's tail", { timeout: 30_000 }, async () => {
    const { id, run } = await fixture.job(
      shell('i=0; while [ $i -lt 60000 ]; do echo "line number $i of very many"; i=$((i+1)); done'),
    );
    await printed(run);
    const chunks = await fixture.engine.lastOutput(id);
    const text = chunks.map((chunk) => Buffer.from(chunk.data).toString()).join("");
    expect(text.endsWith("line number 59999 of very many\n")).toBe(true);
    expect(text).not.toContain("moorage ready");
  });
});

test("a job that cannot start leaves nothing, and says why", async () => {
  const bad = { ...jobSpec(["true"]), cwd: "/no/such/place" };
  const { code, message } = await failureOf(fixture.engine.startJob(bad));
  expect(code).toBe("INVALID_INPUT");
  expect(message).toContain("/no/such/place");
  const missing = { ...jobSpec(["true"]), workspace: { type: "host", path: "/no/such workspace" } } as const;
  const refused = await failureOf(fixture.engine.startJob(missing));
  expect(refused.code).toBe("WORKSPACE_NOT_FOUND");
  expect(refused.message).toContain("/no/such workspace");
  for (const { id } of [bad, missing]) expect(await fixture.engine.inspect(id)).toBeUndefined();
});

test("a job whose connections have fallen silent is ended in time by kill, and told as lost", LONG, async () => {
  await using cleaning = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-silent-"));
  cleaning.defer(() => rm(directory, { recursive: true }));
  const proxy = cleaning.use(await openEngineProxy(join(directory, "engine.sock")));
  const own = cleaning.use(openDockerFixture({ endpoint: { socketPath: proxy.socketPath } }));
  const { id, run } = await own.job(shell("echo ready; sleep 4321"));
  await untilPrinted(run, "ready");
  proxy.stall();
  expect(await run.kill()).toEqual({ unitStopped: true });
  expect(await failureOf(run.exit)).toMatchObject({
    code: "ENGINE_FAILED",
    message: "The connection to the engine broke before the job ended.",
  });
  expect(await own.engine.inspect(id)).toMatchObject({ state: "exited" });
});
