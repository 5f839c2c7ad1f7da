import { throwIfCanceled } from "../../../../base/deadline.ts";
import type { EngineRun, RunSpec } from "../../../engine.ts";
import { refuseDash } from "../exec.ts";
import { handOverOf } from "./hand-over.ts";
import { WarmShells, type WarmShellsOptions } from "./warm-shells.ts";

/** Looks at a sandbox that runs; rejects with SANDBOX_NOT_RUNNING where it does not. */
export type FindShells = () => Promise<WarmShellsOptions>;

/** The shells that wait in the sandboxes of this process. */
export type WarmRuns = Disposable & {
  /** Begins a run in a shell that waits, or in a new one; undefined where the plain way is to be taken. */
  readonly exec: (id: string, run: WarmRun) => Promise<EngineRun | undefined>;
  /** Starts a shell in a sandbox that has come up. */
  readonly prepare: (id: string, find: FindShells) => Promise<void>;
  /** Ends the shells of a container that is about to end. */
  readonly drop: (containerId: string) => void;
};

export type WarmRun = { readonly spec: RunSpec; readonly signal: AbortSignal | undefined; readonly find: FindShells };

export function createWarmRuns(): WarmRuns {
  const kept = new Map<string, WarmShells>();
  let disposed = false;
  const open = async (id: string, find: FindShells): Promise<WarmShells> => {
    const options = await find();
    const known = kept.get(id);
    // A container that was started anew since has none of them left.
    if (known?.context.containerStartedAt === options.context.containerStartedAt) return known;
    known?.close();
    const shells = new WarmShells(options);
    // Looked at before the end and found after it: a shell that is started now would keep the process from ending.
    if (disposed) shells.close();
    else kept.set(id, shells);
    return shells;
  };
  return {
    exec: async (id, { spec, signal, find }) => {
      const given = handOverOf(spec);
      if (given === undefined) return undefined;
      throwIfCanceled(signal);
      refuseDash(spec.command);
      let shells = kept.get(id);
      let shell = await shells?.waiting();
      if (shells === undefined || shell === undefined) {
        shells = await open(id, find);
        shell = await shells.another();
      }
      return shell === undefined ? undefined : shells.begin(shell, { spec, given, signal });
    },
    prepare: async (id, find) => (await open(id, find)).prepare(),
    drop: (containerId) => {
      for (const [id, shells] of kept) {
        if (shells.context.containerId !== containerId) continue;
        shells.close();
        kept.delete(id);
      }
    },
    [Symbol.dispose]: () => {
      disposed = true;
      for (const shells of kept.values()) shells.close();
      kept.clear();
    },
  };
}
