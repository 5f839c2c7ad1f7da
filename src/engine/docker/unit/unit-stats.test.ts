import { describe, expect, it } from "vitest";
import { statsOf, StatsReply } from "./unit-stats.ts";

const cpu_stats = { cpu_usage: { total_usage: 1_234_567_890 } };
const pids_stats = { current: 3 };

describe("an engine's figures of a container", () => {
  it.each([
    ["1", { total_inactive_file: 400, inactive_file: 100 }],
    ["2", { inactive_file: 400 }],
  ])("on a cgroup of version %s count memory without the cache", (_version, stats) => {
    const reply = StatsReply.parse({ cpu_stats, pids_stats, memory_stats: { usage: 1000, stats } });
    const traffic = { receivedBytes: null, sentBytes: null };
    expect(statsOf(reply, 5)).toEqual({ at: 5, memoryBytes: 600, cpuMs: 1235, pids: 3, ...traffic });
  });

  it("sum up the networks, and say null for what was not measured", () => {
    const networks = { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 10, tx_bytes: 20 } };
    expect(statsOf(StatsReply.parse({ networks, memory_stats: {}, pids_stats: {} }), 5)).toEqual({
      ...{ at: 5, memoryBytes: null, cpuMs: null, pids: null },
      ...{ receivedBytes: 11, sentBytes: 22 },
    });
  });
});
