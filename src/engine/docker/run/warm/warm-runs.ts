import { throwIfCanceled } from "../../../../base/deadline.ts";
import type { EngineRun, RunSpec } from "../../../engine.ts";
import { refuseDash } from "../exec.ts";
import { handOverLine } from "./hand-over.ts";
import { handOver } from "./standby.ts";
import { Standbys, type StandbysOptions } from "./standbys.ts";

/** The standbys of all sandboxes that this process has started runs in. */
export type WarmRuns = Disposable & {
  /** Begins a run in a standby; undefined where none can take it, and the plain way is open. */
  readonly exec: (id: string, spec: RunSpec, signal?: AbortSignal) => Promise<EngineRun | undefined>;
  /** Keeps standbys in a sandbox from now on, and counts a run of it that took the plain way. */
  readonly keep: (id: string, options: StandbysOptions, run: EngineRun) => void;
  /** Ends the standbys of a container that is about to end. */
  readonly drop: (containerId: string) => void;
};

export function createWarmRuns(): WarmRuns {
  const kept = new Map<string, Standbys>();
  return {
    exec: async (id, spec, signal) => {
      const standbys = kept.get(id);
      const line = standbys === undefined ? undefined : handOverLine(spec);
      if (standbys === undefined || line === undefined) return undefined;
      throwIfCanceled(signal);
      refuseDash(spec.command);
      const standby = standbys.take();
      if (standby === undefined) return undefined;
      try {
        const run = await handOver(standbys.context, standby, { spec, line, signal });
        if (run !== undefined) standbys.count(run.exit);
        return run;
      } finally {
        standbys.refill();
      }
    },
    keep: (id, options, run) => {
      const known = kept.get(id);
      // A container that was started anew since has none of them left.
      const same = known?.context.containerStartedAt === options.context.containerStartedAt;
      if (!same) known?.close();
      const standbys = known !== undefined && same ? known : new Standbys(options);
      kept.set(id, standbys);
      standbys.count(run.exit);
      standbys.refill();
    },
    drop: (containerId) => {
      for (const [id, standbys] of kept) {
        if (standbys.context.containerId !== containerId) continue;
        standbys.close();
        kept.delete(id);
      }
    },
    [Symbol.dispose]: () => {
      for (const standbys of kept.values()) standbys.close();
      kept.clear();
    },
  };
}
