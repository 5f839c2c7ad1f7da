import { describe, expect, test } from "vitest";
import { narrow, page, seen, wide } from "../testing/seen.ts";

const ID = "k3v9x2m7q1w8e5r4t6y0";
const MIB = 1024 * 1024;

function sample(seconds: number, changes: object = {}) {
  return {
    sandboxId: ID,
    at: `2026-01-02T03:04:${String(seconds).padStart(2, "0")}.000Z`,
    memoryBytes: 12 * MIB,
    memoryLimitBytes: 512 * MIB,
    cpus: 0.25,
    cpuMs: 2400,
    pids: 3,
    receivedBytes: null,
    sentBytes: null,
    ...changes,
  };
}

function history(changes: object = {}) {
  const peak = { memoryBytes: 48 * MIB, cpus: 1.5, pids: 9 };
  const items = [sample(0, { cpus: null, receivedBytes: 0 }), sample(10, peak), sample(20, { receivedBytes: 2048 })];
  return { sandboxId: ID, items, intervalMs: 10_000, keptMs: 7_200_000, sampling: true, ...changes };
}

describe("what a sandbox takes", () => {
  test("sandbox stats: a line for each sample", async () => {
    async function* events() {
      yield await Promise.resolve({ type: "sample", sample: sample(0) });
      yield { type: "sample", sample: sample(1, { cpus: null, cpuMs: null, memoryBytes: null, pids: null }) };
      yield { type: "ended", reason: "The sandbox was stopped." };
    }
    expect(await seen(["sandbox", "stats", "demo", "--follow"], ["sandbox.stats", events()])).toMatchInlineSnapshot(`
      "2026-01-02 03:04:00Z  memory 12 MiB of 512 MiB  cpu 0.25 (2.4 s so far)  processes 3  received -  sent -
      2026-01-02 03:04:01Z  memory - of 512 MiB  cpu -  processes -  received -  sent -
      2> note: The sandbox was stopped.
      "
    `);
  });

  test("sandbox history: bars over time, their highest, and the end", async () => {
    const argv = ["sandbox", "history", "demo", "--since", "1h"];
    expect(await seen(argv, ["sandbox.history", history()], wide)).toMatchInlineSnapshot(`
      "Time            2026-01-02 03:04:00Z to 2026-01-02 03:04:20Z, 3 samples
      Memory          ▂█▂ up to 48 MiB of 512 MiB, 12 MiB at the end
      CPU             ·█▂ up to 1.5, 0.25 at the end
      Processes       ▃█▃ up to 9, 3 at the end
      Processor time  2.4 s
      Received        2 KiB
      Sent            -
      "
    `);
    expect(await seen(argv, ["sandbox.history", history()], narrow)).toMatchInlineSnapshot(`
      "Time            2026-01-02 03:04:00Z to
                      2026-01-02 03:04:20Z, 3
                      samples
      Memory          ▂█▂ up to 48 MiB of 512
                      MiB, 12 MiB at the end
      CPU             ·█▂ up to 1.5, 0.25 at
                      the end
      Processes       ▃█▃ up to 9, 3 at the
                      end
      Processor time  2.4 s
      Received        2 KiB
      Sent            -
      "
    `);
  });

  test("sandbox history: nobody samples", async () => {
    const argv = ["sandbox", "history", "demo"];
    const none = { items: [], sampling: false };
    expect(await seen(argv, ["sandbox.history", history(none)])).toMatchInlineSnapshot(`
      "2> note: nothing was sampled in this time; samples are taken by a server alone, and this command runs without one: start \`moorage serve\`.
      "
    `);
    expect(await seen(argv, ["sandbox.history", history({ ...none, sampling: true })])).toMatchInlineSnapshot(`
      "2> note: nothing was sampled in this time; a running sandbox is sampled every 10 s.
      "
    `);
    expect(await seen(argv, ["sandbox.history", history({ ...none, intervalMs: 0 })])).toMatchInlineSnapshot(`
      "2> note: nothing was sampled in this time; the server takes no samples (MOORAGE_STATS_INTERVAL is 0).
      "
    `);
    expect(await seen(argv, ["sandbox.history", history({ sampling: false })])).toMatchInlineSnapshot(`
      "Time            2026-01-02 03:04:00Z to 2026-01-02 03:04:20Z, 3 samples
      Memory          ▂█▂ up to 48 MiB of 512 MiB, 12 MiB at the end
      CPU             ·█▂ up to 1.5, 0.25 at the end
      Processes       ▃█▃ up to 9, 3 at the end
      Processor time  2.4 s
      Received        2 KiB
      Sent            -
      2> note: samples are taken by a server alone, and this command runs without one: start \`moorage serve\`.
      "
    `);
  });
});

describe("volumes", () => {
  const volume = { id: "v1234567890123456789", owner: "root", engine: "docker", createdAt: "2026-01-02T03:04:05.678Z" };

  test("volume ls", async () => {
    const items = page({ ...volume, name: "data", sandboxes: [ID] }, { ...volume, name: "cache", sandboxes: [] });
    expect(await seen(["volume", "ls"], ["volume.list", items], wide)).toMatchInlineSnapshot(`
      "NAME   ENGINE  CREATED               SANDBOXES
      data   docker  2026-01-02 03:04:05Z  k3v9x2m7q1w8e5r4t6y0
      cache  docker  2026-01-02 03:04:05Z  -
      "
    `);
    expect(await seen(["volume", "ls"], ["volume.list", items], narrow)).toMatchInlineSnapshot(`
      "NAME   ENGINE  CREATED
      data   docker  2026-01-02 03:04:05Z
      cache  docker  2026-01-02 03:04:05Z
      "
    `);
    expect(await seen(["volume", "ls"], ["volume.list", page()])).toMatchInlineSnapshot(`
      "2> note: no volumes yet; a sandbox makes one: \`moorage sandbox create --workspace volume:NAME\`
      "
    `);
  });

  test("volume rm", async () => {
    expect(await seen(["volume", "rm", "data"], ["volume.remove", { name: "data", removed: true }]))
      .toMatchInlineSnapshot(`
      "2> ✔ Removed volume data with its files.
      "
    `);
  });
});
