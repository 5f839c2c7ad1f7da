import type { EngineEvents, MemoryWatch } from "./engine-events.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { countMemoryKills } from "./memory-counter.ts";

type Watched = { readonly api: EngineApi; readonly events: EngineEvents; readonly containerId: string };

/** By what the engine tells of ends for memory, or where it tells nothing, by what the kernel counts. */
export async function watchRunMemory(
  { api, events, containerId }: Watched,
  signal?: AbortSignal,
): Promise<MemoryWatch> {
  const { tellsMemory } = await api.traits();
  if (!tellsMemory) return countMemoryKills(api, containerId, signal);
  await events.listen(signal);
  return events.watchMemory(containerId);
}
