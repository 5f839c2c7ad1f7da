import { settledWithin } from "./settled-within.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { readJsonLines } from "../api/json-lines.ts";
import { EventLine } from "../api/replies.ts";

/** Notices when the kernel ends a process of a container for memory, which no exit code tells for certain. */
export type MemoryWatch = Disposable & {
  /** True when it has happened since the watch began; waits up to `ms` for news that is on its way. */
  readonly happened: (ms: number) => Promise<boolean>;
};

export async function watchMemory(api: EngineApi, containerId: string, signal?: AbortSignal): Promise<MemoryWatch> {
  const filters = JSON.stringify({ type: ["container"], container: [containerId], event: ["oom"] });
  const events = await api.stream({ method: "GET", path: "/events", query: { filters }, signal });
  const seen = Promise.withResolvers<void>();
  let happened = false;
  const read = async (): Promise<void> => {
    for await (const _ of readJsonLines(events, EventLine)) {
      happened = true;
      seen.resolve();
    }
  };
  // A watch that breaks, or is closed below, has nothing more to tell.
  read().catch(() => undefined);
  return {
    happened: async (ms) => {
      if (!happened && ms > 0) await settledWithin(seen.promise, ms);
      return happened;
    },
    [Symbol.dispose]: () => void events.destroy(),
  };
}
