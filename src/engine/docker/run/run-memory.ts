import { NO_KILLS, type MemoryKills } from "../../group/memory-kills.ts";
import type { MemoryWatch } from "./engine-events.ts";
import type { ExecContext } from "./exec-context.ts";
import { countMemoryKills } from "./memory-counter.ts";
import type { PeakWatch } from "./peak-meter.ts";

type Watched = Pick<ExecContext, "api" | "events" | "containerId" | "peaks" | "urgent">;

/** What a run does with its memory: how much it takes at most, and what the kernel ends for it. */
export type RunMemory = Disposable &
  Pick<PeakWatch, "peak"> & {
    /** `looksKilled`: its program ended as by a KILL, and nobody sent it one. Asked once, when the run has ended. */
    readonly kills: (looksKilled: boolean) => Promise<MemoryKills>;
  };

/** How long news of the engine may be on its way. */
const NEWS_MS = 100;

/** By what the kernel counts where that can be read from here; else by what the engine tells, or counts seen inside. */
export async function watchRunMemory(watched: Watched, signal?: AbortSignal): Promise<RunMemory> {
  const meter = await watched.peaks;
  const kills = await watchKills(watched, signal);
  const peaks = meter.begin();
  return {
    kills: async (looksKilled) =>
      peaks.kills(looksKilled) ?? (looksKilled ? { own: await kills.happened(NEWS_MS), beside: false } : NO_KILLS),
    peak: peaks.peak,
    [Symbol.dispose]: () => {
      kills[Symbol.dispose]();
      peaks[Symbol.dispose]();
    },
  };
}

async function watchKills(watched: Watched, signal?: AbortSignal): Promise<MemoryWatch> {
  const { api, events, containerId } = watched;
  const { tellsMemory } = await api.traits();
  if (!tellsMemory) return countMemoryKills(watched, signal);
  await events.listen(signal);
  return events.watchMemory(containerId);
}
