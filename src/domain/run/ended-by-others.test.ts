import { describe, expect, it } from "vitest";
import { runReceipts } from "../../../test/fixtures/run-receipts.ts";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { Platform } from "../../contracts/platform.ts";
import { MoorageError } from "../../base/errors.ts";
import { createPlatform } from "../domain.ts";
import { createReaper } from "../reaper/reaper.ts";
import { endingRuns } from "./ending-runs.ts";
import { LiveRuns } from "./live/live-runs.ts";
import { unrestricted } from "../access/principal.ts";

/** A run that ends by nothing of its own, in a sandbox named `box`. */
async function running({ platform }: MemoryDomain): Promise<string> {
  await platform.sandbox.create({ name: "box" });
  const { runId } = await resultOf(platform.sandbox.exec({ id: "box", command: ["sleep", "600"], background: true }));
  return runId;
}

async function recorded(platform: Platform, runId: string) {
  await platform.run.wait({ runId });
  const { status, reason } = await platform.run.get({ runId });
  const { items } = await platform.receipt.list({});
  const receipt = runReceipts(items).find((item) => item.runId === runId);
  expect(receipt).toMatchObject({ status, reason });
  return { status, reason };
}

describe("what ends runs and fails", () => {
  const failure = new MoorageError("ENGINE_UNREACHABLE", "The engine of the test is away.");
  const byStop = { chosen: () => true, reason: "The sandbox was stopped." };
  const byRemoval = { chosen: () => true, reason: "The sandbox was removed." };
  const reasonOf = async ({ platform }: MemoryDomain, runId: string) => (await platform.run.get({ runId })).reason;
  const fail = (): Promise<void> => Promise.reject(failure);
  const done = (): Promise<void> => Promise.resolve();

  it("takes back its own reason", async () => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    await expect(endingRuns(domain.context, byStop, fail)).rejects.toBe(failure);
    expect(await reasonOf(domain, runId)).toBeNull();
  });

  it("leaves the reason that somebody else has written meanwhile", async () => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    const failing = endingRuns(domain.context, byStop, () => endingRuns(domain.context, byRemoval, done).then(fail));
    await expect(failing).rejects.toBe(failure);
    expect(await reasonOf(domain, runId)).toBe("The sandbox was removed.");
  });

  it("gives back the reason that somebody else had written before", async () => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    await endingRuns(domain.context, byRemoval, async () => {
      await expect(endingRuns(domain.context, byStop, fail)).rejects.toBe(failure);
      expect(await reasonOf(domain, runId)).toBe("The sandbox was removed.");
    });
  });
});

describe("a run that others end is canceled, with why and by whom, in its record and its receipt", () => {
  it.each([
    ["stopped", (platform: Platform) => platform.sandbox.stop({ id: "box", graceMs: 0 })],
    ["stopped", (platform: Platform) => platform.sandbox.restart({ id: "box", graceMs: 0 })],
    ["removed", (platform: Platform) => platform.sandbox.remove({ id: "box" })],
  ])("with its sandbox, which was %s", async (what, end) => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    await end(domain.platform);
    expect(await recorded(domain.platform, runId)).toEqual({
      status: "canceled",
      reason: `The sandbox was ${what} by "alice".`,
    });
  });

  it("with its sandbox, by another process of Moorage", async () => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    const elsewhere = { ...domain.context, live: new LiveRuns() };
    await createPlatform(elsewhere, unrestricted("alice")).sandbox.remove({ id: "box" });
    expect(await recorded(domain.platform, runId)).toEqual({
      status: "canceled",
      reason: 'The sandbox was removed by "alice".',
    });
  });

  it("with its sandbox, whose time was over", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({ name: "short", ttlMs: 1 });
    const exec = domain.platform.sandbox.exec({ id, command: ["sleep", "600"], background: true });
    const { runId } = await resultOf(exec);
    await createReaper(domain.context).sweep();
    expect(await recorded(domain.platform, runId)).toEqual({
      status: "canceled",
      reason: "The sandbox was removed by Moorage: its time to live was over.",
    });
  });

  it("with its sandbox, because what another run had started could not be ended alone", async () => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    const { sandbox, run } = domain.platform;
    domain.control.makeStubborn((await sandbox.get({ id: "box" })).id);
    const doomed = await resultOf(sandbox.exec({ id: "box", command: ["sleep", "600"], timeoutMs: 50 }));
    const reason =
      "The deadline of 0.05 s was reached; its process tree could not be ended by itself, so sandbox box was stopped.";
    expect(doomed).toMatchObject({ status: "timed_out", reason });
    expect(await recorded(domain.platform, runId)).toEqual({
      status: "canceled",
      reason: `The sandbox was stopped by Moorage: what run ${doomed.runId} had started could not be ended otherwise.`,
    });
    expect((await run.get({ runId: doomed.runId })).reason).toBe(reason);
  });

  it("and its caller, who is still there, gets the result", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ name: "box" });
    const events = domain.platform.sandbox.exec({ id: "box", command: ["sleep", "600"] })[Symbol.asyncIterator]();
    await events.next();
    const rest = resultOf({ [Symbol.asyncIterator]: () => events });
    await domain.platform.sandbox.remove({ id: "box" });
    expect(await rest).toMatchObject({ status: "canceled", reason: 'The sandbox was removed by "alice".' });
  });
});

describe("a run's own end stays its own", () => {
  it("where the sandbox could not be stopped", async () => {
    await using domain = openMemoryDomain();
    const runId = await running(domain);
    domain.control.failNext("stop", new MoorageError("ENGINE_FAILED", "It hangs."));
    await expect(domain.platform.sandbox.stop({ id: "box" })).rejects.toMatchObject({ code: "ENGINE_FAILED" });
    await domain.platform.run.signal({ runId, signal: "KILL" });
    expect(await recorded(domain.platform, runId)).toEqual({ status: "failed", reason: null });
  });
});

it("a deadline says what it has ended, and what goes on", async () => {
  await using domain = openMemoryDomain();
  const { platform } = domain;
  await platform.sandbox.create({ name: "box" });
  const exec = await resultOf(platform.sandbox.exec({ id: "box", command: ["sleep", "600"], timeoutMs: 50 }));
  expect(exec.reason).toBe(
    "The deadline of 0.05 s was reached; its whole process tree was ended, and sandbox box goes on.",
  );
  const job = await resultOf(platform.job.run({ command: ["sleep", "600"], timeoutMs: 50 }));
  expect(job.reason).toBe(
    `The deadline of 0.05 s was reached; the whole process tree in sandbox ${job.sandboxId} was ended.`,
  );
});
