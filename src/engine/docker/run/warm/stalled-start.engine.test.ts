import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngineProxy } from "../../../../../test/fixtures/engine-proxy.ts";
import { failureOf, openDockerFixture, printed, type DockerFixture } from "../../docker-fixture.ts";

const LONG = { timeout: 120_000 };
const POLL = { timeout: 20_000 };
const SHELL = /docker-init.*moorage understood/s;

/** A sandbox with one shell that waits, on an engine whose connections can be stalled and broken. */
async function openWarm() {
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-stalled-"));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const heads: string[] = [];
  const intercept = (head: string): undefined => void heads.push(head);
  const proxy = opening.use(await openEngineProxy(join(directory, "engine.sock"), { intercept }));
  const fixture = opening.use(openDockerFixture({ endpoint: { socketPath: proxy.socketPath }, warm: true }));
  const id = await fixture.sandbox();
  const own = async (): Promise<readonly string[]> => await fixture.processes(id);
  await expect.poll(async () => (await own()).filter((line) => SHELL.test(line)).length, POLL).toBe(1);
  const open = opening.move();
  return { proxy, fixture, id, own, heads, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

it("a start that is given up while a pause waits for it is ended, and the pause goes on", LONG, async () => {
  await using warm = await openWarm();
  const { proxy, fixture, id, own, heads } = warm;
  const { engine } = fixture;
  const giveUp = new AbortController();
  const spec = { command: ["sleep", "4321"], env: {}, cwd: "/workspace" };
  const onHandle = (): Promise<void> => Promise.resolve(proxy.stall());
  const given = failureOf(engine.exec(id, { ...spec, onHandle }, giveUp.signal));
  await expect.poll(own, POLL).toContain("sleep 4321");
  heads.length = 0;
  const paused = engine.freezer?.pause(id);
  await expect.poll(() => heads.some((head) => /^GET \S+\/containers\/moorage-\w+\/json/.test(head)), POLL).toBe(true);
  // Answered after the look of the pause itself, which by then waits for the start.
  await engine.inspect(id);
  giveUp.abort();
  proxy.flow();
  expect((await given).code).toBe("CANCELED");
  await paused;
  expect(await engine.inspect(id)).toMatchObject({ state: "paused" });
  await engine.freezer?.unpause(id);
  expect(await own()).not.toContain("sleep 4321");
});

/** A run that leaves a trace each time that it begins. */
const TRACING = { command: ["sh", "-c", "echo begun >>trace; exit 7"], env: {}, cwd: "/workspace" };

async function traced(fixture: DockerFixture, id: string): Promise<string> {
  const entries = await fixture.engine.files.list(id, "/workspace");
  if (entries.length === 0) return "";
  await using file = await fixture.engine.files.open(id, "/workspace/trace");
  return Buffer.concat(await Array.fromAsync(file.read(0, file.sizeBytes))).toString();
}

it("a run whose connection breaks before it is answered is never begun a second time", LONG, async () => {
  await using warm = await openWarm();
  const { proxy, fixture, id } = warm;
  const onHandle = (): Promise<void> => Promise.resolve(proxy.stall());
  const given = fixture.engine.exec(id, { ...TRACING, onHandle });
  await expect.poll(() => traced(fixture, id), POLL).toBe("begun\n");
  proxy.cut();
  proxy.join();
  const run = await given;
  expect(await failureOf(run.exit)).toMatchObject({ code: "ENGINE_FAILED" });
  expect(await run.kill()).toEqual({ unitStopped: false });
  expect((await fixture.shell(id, "cat trace")).out).toBe("begun\n");
});

it("a run whose answer is long on its way is the run, and no other is begun", LONG, async () => {
  await using warm = await openWarm();
  const { proxy, fixture, id } = warm;
  const onHandle = (): Promise<void> => Promise.resolve(proxy.stall());
  const run = await fixture.engine.exec(id, { ...TRACING, onHandle });
  proxy.flow();
  expect((await printed(run)).exit.exitCode).toBe(7);
  expect((await fixture.shell(id, "cat trace")).out).toBe("begun\n");
});
