import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { StatsEvent } from "../../contracts/types.ts";
import type { Engine } from "../../engine/engine.ts";
import { createPlatform } from "../domain.ts";
import { unrestricted } from "../access/principal.ts";

describe("the stats of a sandbox", () => {
  it("are one sample, with the processors that were busy since the look before", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    let looks = 0;
    const counting: Engine = {
      ...engine,
      stats: async (id, signal) => {
        looks += 1;
        return { ...(await engine.stats(id, signal)), at: looks * 1000, cpuMs: looks * 250, memoryBytes: 5 };
      },
    };
    const platform = createPlatform({ ...domain.context, engine: counting }, unrestricted("alice"));
    const { id } = await platform.sandbox.create({});
    const events = await Array.fromAsync(platform.sandbox.stats({ id, intervalMs: 100 }));
    expect(events).toEqual([
      {
        type: "sample",
        sample: {
          ...{ sandboxId: id, at: "1970-01-01T00:00:02.000Z", memoryBytes: 5, memoryLimitBytes: 536_870_912 },
          ...{ cpus: 0.25, cpuMs: 500, pids: 0, receivedBytes: null, sentBytes: null },
        },
      },
    ]);
  });

  it("go on until the sandbox stops, with null for what is not measured", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    const seen: StatsEvent[] = [];
    for await (const event of sandbox.stats({ id, follow: true, intervalMs: 100 })) {
      seen.push(event);
      if (seen.length === 2) domain.control.stop(id);
    }
    const sample = { memoryBytes: null, cpus: null, cpuMs: null };
    expect(seen).toMatchObject([{ type: "sample", sample }, { type: "sample", sample }, { type: "ended" }]);
  });

  it("of a stopped one, of somebody else's and of a caller who left are errors", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({});
    const bobs = Array.fromAsync(domain.platformOf("bob").sandbox.stats({ id }));
    await expect(bobs).rejects.toMatchObject({ code: "NOT_FOUND", message: `You have no sandbox "${id}".` });
    const abort = new AbortController();
    const followed = Array.fromAsync(sandbox.stats({ id, follow: true, intervalMs: 60_000 }, { signal: abort.signal }));
    abort.abort();
    await expect(followed).rejects.toMatchObject({ code: "CANCELED" });
    await sandbox.stop({ id });
    await expect(Array.fromAsync(sandbox.stats({ id }))).rejects.toMatchObject({
      code: "SANDBOX_NOT_RUNNING",
      message: `Sandbox "${id}" is stopped; only one that runs can be measured.`,
      hint: `Let it go on with \`moorage sandbox start ${id}\`.`,
    });
    await expect(Array.fromAsync(sandbox.stats({ id, intervalMs: 1 }))).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });
});
