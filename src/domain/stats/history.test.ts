import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { createPlatform } from "../domain.ts";
import { keepSamples, sampleOnce } from "./sampler.ts";
import { unrestricted } from "../access/principal.ts";

const HOUR_MS = 3_600_000;

describe("the history of a sandbox", () => {
  it("is what a server has sampled while it ran, with the processors that were busy in between", async () => {
    let now = Date.now();
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const measured = { memoryBytes: 5, pids: 2, receivedBytes: null, sentBytes: null };
    const context = {
      ...domain.context,
      clock: { ...domain.context.clock, now: () => now },
      engine: {
        ...engine,
        sample: async (ids: readonly string[]) => {
          const running = [...(await engine.sample(ids)).keys()];
          return new Map(running.map((id) => [id, { ...measured, at: now, cpuMs: now % HOUR_MS }]));
        },
      },
    };
    now -= now % HOUR_MS;
    const { sandbox } = createPlatform(context, unrestricted("alice"));
    const { id } = await sandbox.create({ name: "one" });
    const stopped = await sandbox.create({});
    await sandbox.stop({ id: stopped.id });
    for (let round = 0; round < 3; round += 1) {
      now += 500;
      await sampleOnce(context);
    }
    const history = await sandbox.history({ id: "one" });
    expect(history).toMatchObject({ sandboxId: id, intervalMs: 10_000, keptMs: HOUR_MS, sampling: false });
    expect(history.items.map(({ cpus, cpuMs, memoryBytes }) => [cpus, cpuMs, memoryBytes])).toEqual([
      [null, 500, 5],
      [1, 1000, 5],
      [1, 1500, 5],
    ]);
    expect((await sandbox.history({ id, limit: 1 })).items.map(({ cpuMs }) => cpuMs)).toEqual([1500]);
    expect((await sandbox.history({ id, sinceMs: 600 })).items.map(({ cpuMs }) => cpuMs)).toEqual([1000, 1500]);
    expect((await sandbox.history({ id: stopped.id })).items).toEqual([]);
    await sandbox.stop({ id });
    expect((await sandbox.history({ id })).items).toHaveLength(3);
    now += HOUR_MS + 1;
    await sandbox.start({ id });
    await sampleOnce(context);
    expect(await context.store.samples.list(id, { since: 0, limit: 10 })).toHaveLength(1);
    await sandbox.remove({ id });
    expect(await context.store.samples.list(id, { since: 0, limit: 10 })).toEqual([]);
  });

  it("says whether who answers samples, and is its owner's alone", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    const serving = new AbortController();
    const kept = keepSamples(domain.context, serving.signal);
    try {
      await expect.poll(async () => (await sandbox.history({ id })).items.length, { timeout: 20_000 }).toBe(1);
      expect((await sandbox.history({ id })).sampling).toBe(true);
    } finally {
      serving.abort();
      await kept;
    }
    expect((await sandbox.history({ id })).sampling).toBe(false);
    await expect(domain.platformOf("bob").sandbox.history({ id })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `You have no sandbox "${id}".`,
      hint: "List what you own with `moorage sandbox ls`.",
    });
  });

  it.each([
    [{ sinceMs: 0 }, "expected at least 1 ms"],
    [{ limit: 0 }, "expected at least 1"],
    [{ limit: 10_001 }, "expected at most 10000"],
  ])("with %j is INVALID_INPUT", async (wish, message) => {
    await using domain = openMemoryDomain();
    const asked = domain.platform.sandbox.history({ id: "one", ...wish });
    await expect(asked).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("of a sandbox that is gone by the time it is written is not kept", async () => {
    await using domain = openMemoryDomain();
    const sample = { at: 1, memoryBytes: 1, cpuMs: null, pids: null, receivedBytes: null, sentBytes: null };
    await domain.context.store.samples.append([{ sandboxId: "gone", ...sample }], 0);
    expect(await domain.context.store.samples.list("gone", { since: 0, limit: 1 })).toEqual([]);
  });
});
