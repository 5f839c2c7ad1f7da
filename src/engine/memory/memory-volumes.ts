import type { Clock } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { EngineVolumes } from "../engine.ts";
import type { UnitLabels } from "../unit-labels.ts";
import { createMemoryStore } from "./file/memory-store.ts";
import type { MemoryHost } from "./memory-host.ts";

type Enter = (method: keyof EngineVolumes, signal: AbortSignal | undefined) => Promise<void>;
type Parts = { readonly host: MemoryHost; readonly labels: UnitLabels; readonly clock: Clock };

export function createMemoryVolumes({ host, labels, clock }: Parts, enter: Enter): EngineVolumes {
  const { volumes, units } = host;
  return {
    ensure: async (id, signal) => {
      await enter("ensure", signal);
      const found = volumes.get(id);
      if (found === undefined)
        volumes.set(id, { labels: labels.signKept("volume", id), files: createMemoryStore(clock) });
      else if (!labels.isKept("volume", id, found.labels)) {
        throw new MoorageError("CONFLICT", `The volume ${id} is another deployment's.`);
      }
    },
    remove: async (id, signal) => {
      await enter("remove", signal);
      if (!labels.isKept("volume", id, volumes.get(id)?.labels ?? {})) return;
      const user = [...units.values()].find(
        ({ spec: { workspace } }) => workspace.type === "named" && workspace.volume === id,
      );
      if (user !== undefined)
        throw new MoorageError("CONFLICT", `The volume ${id} is in use by the sandbox ${user.id}.`);
      volumes.delete(id);
    },
  };
}
