import { z } from "zod";
import { MoorageError } from "../../../base/errors.ts";
import type { UnitStats } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { Unit, Units } from "./units.ts";

const Traffic = z.object({ rx_bytes: z.number().optional(), tx_bytes: z.number().optional() });

/** What is read of Docker's figures; on a cgroup of version 1 and of version 2 the cache is spelled differently. */
export const StatsReply = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().optional() }).nullish() }).nullish(),
  memory_stats: z.object({ usage: z.number().optional(), stats: z.record(z.string(), z.number()).nullish() }).nullish(),
  pids_stats: z.object({ current: z.number().optional() }).nullish(),
  networks: z.record(z.string(), Traffic).nullish(),
});
type StatsReply = z.infer<typeof StatsReply>;

type Context = { readonly api: EngineApi; readonly units: Pick<Units, "find"> };

export async function readUnitStats({ api, units }: Context, id: string, signal?: AbortSignal): Promise<UnitStats> {
  const unit = await units.find(id, signal);
  if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  const { Status } = unit.container.State;
  if (Status !== "running" && Status !== "paused") {
    throw new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} does not run, so it takes nothing.`, {
      hint: "Start it with `moorage sandbox start`.",
    });
  }
  const path = `/containers/${unit.container.Id}/stats`;
  const query = { stream: "false", "one-shot": "true" };
  const { networks, ...reply } = await api.json({ method: "GET", path, query, signal }, StatsReply);
  // Podman counts nothing as zero where there is no network.
  return statsOf(hasAddress(unit) ? { ...reply, networks } : reply, Date.now());
}

export function hasAddress({ container }: Unit): boolean {
  return Object.values(container.NetworkSettings?.Networks ?? {}).some(({ IPAddress }) => (IPAddress ?? "") !== "");
}

export function statsOf({ cpu_stats, memory_stats, pids_stats, networks }: StatsReply, at: number): UnitStats {
  const cpuNanos = cpu_stats?.cpu_usage?.total_usage;
  const traffic = networks === null || networks === undefined ? undefined : Object.values(networks);
  const sum = (key: keyof z.infer<typeof Traffic>): number | null =>
    traffic === undefined ? null : traffic.reduce((bytes, one) => bytes + (one[key] ?? 0), 0);
  return {
    at,
    memoryBytes: memoryOf(memory_stats),
    cpuMs: cpuNanos === undefined ? null : Math.round(cpuNanos / 1e6),
    pids: pids_stats?.current ?? null,
    receivedBytes: sum("rx_bytes"),
    sentBytes: sum("tx_bytes"),
  };
}

function memoryOf(memory: StatsReply["memory_stats"]): number | null {
  if (memory?.usage === undefined) return null;
  const cache = memory.stats?.["total_inactive_file"] ?? memory.stats?.["inactive_file"] ?? 0;
  return Math.max(0, memory.usage - cache);
}
