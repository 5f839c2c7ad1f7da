import type { EngineApi } from "../api/engine-api.ts";
import type { EngineEvents, MemoryWatch } from "./engine-events.ts";
import { countMemoryKills } from "./memory-counter.ts";
import type { PeakMeter, PeakWatch } from "./peak-meter.ts";

type Watched = {
  readonly api: EngineApi;
  readonly events: EngineEvents;
  readonly containerId: string;
  readonly peaks: Promise<PeakMeter>;
};

/** What a run does with its memory: how much it takes at most, and whether the kernel ends a process for it. */
export type RunMemory = MemoryWatch & Pick<PeakWatch, "peak">;

/** By what the kernel counts where that can be read from here; else by what the engine tells, or counts seen inside. */
export async function watchRunMemory(watched: Watched, signal?: AbortSignal): Promise<RunMemory> {
  const meter = await watched.peaks;
  const kills = await watchKills(watched, signal);
  const peaks = meter.begin();
  return {
    happened: async (ms) => peaks.killed() ?? kills.happened(ms),
    peak: peaks.peak,
    [Symbol.dispose]: () => {
      kills[Symbol.dispose]();
      peaks[Symbol.dispose]();
    },
  };
}

async function watchKills({ api, events, containerId }: Watched, signal?: AbortSignal): Promise<MemoryWatch> {
  const { tellsMemory } = await api.traits();
  if (!tellsMemory) return countMemoryKills(api, containerId, signal);
  await events.listen(signal);
  return events.watchMemory(containerId);
}
