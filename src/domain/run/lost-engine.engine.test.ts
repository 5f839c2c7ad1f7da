import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDockerDomain, type DockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { openEngineProxy } from "../../../test/fixtures/engine-proxy.ts";
import type { RunEvent } from "../../contracts/types.ts";
import { failureOf, openDockerFixture } from "../../engine/docker/docker-fixture.ts";
import { createReaper } from "../reaper/reaper.ts";

const LONG = { timeout: 120_000 };
const image = "busybox:latest";
const TALKING = ["sh", "-c", "echo begun; sleep 3579"];

it("a run whose engine goes away is open until the engine is back, and is ended then", LONG, async () => {
  await using cuttable = await openCuttable();
  const { proxy, domain, processes } = cuttable;
  const { context, platform } = domain;
  const { id } = await platform.sandbox.create({ image });
  const running = await begun(platform.sandbox.exec({ id, command: TALKING, timeoutMs: 60_000 }));

  proxy.cut();
  expect((await failureOf(running.ended)).code).toMatch(/^ENGINE_(?:UNREACHABLE|FAILED)$/);
  expect(await context.store.runs.open()).toMatchObject([{ id: running.runId, status: "running" }]);
  expect(await context.store.sandboxes.get(id)).toMatchObject({ state: "running", reason: null });
  expect(await processes(id)).toContain("sleep 3579");
  expect((await failureOf(platform.run.kill({ runId: running.runId }))).message).toBe(
    `The run "${running.runId}" cannot be reached: it is starting, or its engine does not answer for its end.`,
  );

  proxy.join();
  await createReaper(context).sweep();
  expect(await platform.run.get({ runId: running.runId })).toMatchObject({
    ...{ status: "interrupted", exitCode: null, stdout: "begun\n", truncated: true },
    warnings: ["It still ran when it was found, and was ended then."],
  });
  expect(await processes(id)).not.toContain("sleep 3579");
  expect(await platform.sandbox.get({ id })).toMatchObject({ state: "running" });
  expect((await platform.receipt.list({})).items).toMatchObject([
    { runId: running.runId, status: "interrupted", exitCode: null, stdoutBytes: null },
  ]);
});

it("a job whose engine goes away is ended, recorded and removed when the engine is back", LONG, async () => {
  await using cuttable = await openCuttable();
  const { proxy, domain, processes } = cuttable;
  const { context, platform } = domain;
  const running = await begun(platform.job.run({ image, command: TALKING, timeoutMs: 60_000 }));

  proxy.cut();
  expect((await failureOf(running.ended)).code).toMatch(/^ENGINE_(?:UNREACHABLE|FAILED)$/);
  expect(await context.store.runs.open()).toMatchObject([{ id: running.runId, status: "running" }]);
  expect(await processes(running.sandboxId)).toContain("sleep 3579");

  proxy.join();
  await createReaper(context).sweep();
  expect(await platform.run.get({ runId: running.runId })).toMatchObject({ status: "interrupted", exitCode: null });
  expect(await context.engine.list()).toEqual([]);
  expect(await context.store.runs.open()).toEqual([]);
});

it("a job whose connections have fallen silent is ended at its deadline, and recorded", LONG, async () => {
  await using cuttable = await openCuttable();
  const { proxy, domain } = cuttable;
  const { context, platform } = domain;
  const running = await begun(platform.job.run({ image, command: TALKING, timeoutMs: 3_000 }));
  proxy.stall();
  expect((await failureOf(running.ended)).code).toBe("ENGINE_FAILED");
  await createReaper(context).sweep();
  expect(await platform.run.get({ runId: running.runId })).toMatchObject({ status: "interrupted", exitCode: null });
  expect(await context.engine.list()).toEqual([]);
});

type Ids = { readonly runId: string; readonly sandboxId: string };

/** A domain whose way to the real engine can be cut, and a look at its units by another way. */
async function openCuttable() {
  await using opening = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-cut-"));
  opening.defer(() => rm(directory, { recursive: true, force: true }));
  const proxy = opening.use(await openEngineProxy(join(directory, "engine.sock")));
  const { processes } = opening.use(openDockerFixture());
  const domain: DockerDomain = opening.use(openDockerDomain({ endpoint: { socketPath: proxy.socketPath } }));
  opening.defer(() => proxy.join());
  const open = opening.move();
  return { proxy, domain, processes, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Resolves when a run has printed; what comes after is read as it comes. */
async function begun(events: AsyncIterable<RunEvent>) {
  const printed = Promise.withResolvers<Ids>();
  const read = async (): Promise<void> => {
    let ids: Ids | undefined;
    for await (const event of events) {
      if (event.type === "started") ids = event;
      if (event.type === "stdout" && ids !== undefined) printed.resolve(ids);
    }
  };
  const ended = read();
  ended.catch(printed.reject);
  return { ...(await printed.promise), ended };
}
