import { expect, it } from "vitest";
import { collect, openMemoryDomain, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import { failureOf } from "../../engine/docker/docker-fixture.ts";

const away = new MoorageError("ENGINE_UNREACHABLE", "The engine of the test is away.");

/** A run that goes on when the engine of its sandbox fails. */
async function lost({ platform, context, control }: MemoryDomain) {
  const { id } = await platform.sandbox.create({});
  const running = collect(platform.sandbox.exec({ id, command: ["sleep", "600"] }));
  await expect.poll(async () => (await context.store.runs.open())[0]?.handle).toBeTypeOf("string");
  const runId = (await context.store.runs.open())[0]?.id ?? "";
  return { id, runId, fail: () => control.breakRuns(id, away), told: failureOf(running) };
}

it("a run that its engine has lost is ended at once where the engine answers, and is told as failed", async () => {
  await using domain = openMemoryDomain();
  const { platform } = domain;
  const run = await lost(domain);
  run.fail();
  expect(await run.told).toBe(away);
  expect(await platform.run.get({ runId: run.runId })).toMatchObject({ status: "interrupted", durationMs: null });
  expect(await platform.sandbox.get({ id: run.id })).toMatchObject({ state: "running", reason: null });
});

it("is open until its engine answers, and nobody can end it before", async () => {
  await using domain = openMemoryDomain();
  const { platform, context, control } = domain;
  const run = await lost(domain);
  control.failNext("endLost", away);
  run.fail();
  expect(await run.told).toBe(away);
  const { runId } = run;
  expect(await platform.run.get({ runId })).toMatchObject({ status: "running" });
  expect(await failureOf(platform.run.kill({ runId }))).toMatchObject({
    code: "CONFLICT",
    message: `The run "${runId}" cannot be reached: it is starting, or its engine does not answer for its end.`,
    hint: `Moorage goes on with it by itself; wait for its end: moorage runs wait ${runId}.`,
  });
  await context.owed.settle();
  expect(await platform.run.get({ runId })).toMatchObject({ status: "interrupted" });
});

it("says that its sandbox was stopped where ending it took that", async () => {
  const memory = openMemoryDomain();
  await using engineOwner = memory;
  const endLost: Engine["endLost"] = (id) => Promise.resolve(memory.control.stop(id)).then(() => true);
  const engine = { ...engineOwner.context.engine, endLost };
  await using domain = openMemoryDomain({ engine });
  const run = await lost({ ...domain, control: memory.control });
  run.fail();
  expect(await run.told).toBe(away);
  const reason = "A run could not be ended by itself, so the sandbox was stopped.";
  expect(await domain.platform.sandbox.get({ id: run.id })).toMatchObject({ state: "stopped", reason });
  const warnings = ["It still ran when it was found, and was ended then.", reason];
  expect(await domain.platform.run.get({ runId: run.runId })).toMatchObject({ status: "interrupted", warnings });
});

it("a result that is recorded is told, also where what the run had cannot be removed at once", async () => {
  await using domain = openMemoryDomain();
  const { platform, context, control } = domain;
  control.failNext("remove", away);
  const events = await collect(platform.job.run({ command: ["echo", "done"] }));
  expect(events.at(-1)).toMatchObject({
    type: "result",
    result: {
      ...{ status: "succeeded", exitCode: 0, stdout: "done\n" },
      warnings: ["What the run had on the engine could not be removed yet: The engine of the test is away."],
    },
  });
  expect(await context.engine.list()).toHaveLength(1);
  await context.owed.settle();
  expect(await context.engine.list()).toEqual([]);
});
