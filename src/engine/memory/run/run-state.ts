import type { Clock } from "../../../base/clock.ts";
import type { MoorageError } from "../../../base/errors.ts";
import type { OutputChunk, RunExit } from "../../engine.ts";
import { createChannel, type Channel } from "./channel.ts";
import type { End, LiveRun } from "./live-run.ts";
import type { MemoryUnit } from "../memory-host.ts";

/** What fits between a program and its reader, as in a pipe. */
export const PIPE_BYTES = 256 * 1024;

export type PrintedChunk = OutputChunk & { readonly byteLength: number };

/** One run as a machine: from its start to its only end. */
export type RunState = LiveRun & {
  readonly exit: Promise<RunExit>;
  readonly printed: Channel<PrintedChunk>;
  /** Aborts when all processes of the run are ended. */
  readonly tree: AbortSignal;
  /** The program has ended by itself; what it left in the background goes on. */
  readonly settle: (end: End) => void;
  readonly trapTerm: () => void;
  readonly allocate: (bytes: number) => void;
  readonly spawn: (work: Promise<void>) => void;
  readonly ended: () => boolean;
};

export function createRunState(unit: MemoryUnit, clock: Clock): RunState {
  const { promise: exit, resolve, reject } = Promise.withResolvers<RunExit>();
  // Whoever awaits `exit` is told; a run that nobody awaits is no unhandled rejection.
  exit.catch(() => undefined);
  const printed = createChannel<PrintedChunk>(PIPE_BYTES);
  const tree = new AbortController();
  const now = { ended: false, trapsTerm: false, peakBytes: 0, oomKilled: false };

  const children = createChildren(() => {
    if (now.ended) unit.runs.delete(live);
  });
  const settle = ({ exitCode, signal }: End): void => {
    if (now.ended) return;
    now.ended = true;
    if (unit.kind === "job") {
      tree.abort();
      if (unit.info.state !== "exited") {
        unit.info = { state: "exited", exitCode, oomKilled: now.oomKilled, finishedAt: clock.now() };
      }
    }
    if (children.count() === 0) unit.runs.delete(live);
    printed.close();
    resolve({ exitCode, signal, oomKilled: now.oomKilled, peakMemoryBytes: now.peakBytes || null });
  };
  const end = (how: End): void => {
    tree.abort();
    settle(how);
    unit.runs.delete(live);
  };
  const fail = (error: MoorageError): void => {
    reject(error);
    end({ exitCode: 137, signal: null });
  };
  const allocate = (bytes: number): void => {
    const { memoryBytes } = unit.spec.limits;
    now.peakBytes = Math.max(now.peakBytes, Math.min(bytes, memoryBytes));
    if (bytes <= memoryBytes) return;
    now.oomKilled = true;
    end({ exitCode: 137, signal: "SIGKILL" });
  };
  const terminate = (): void => {
    if (!now.trapsTerm) end({ exitCode: 143, signal: "SIGTERM" });
  };
  const live: LiveRun = { end, fail, terminate };
  unit.runs.add(live);
  return {
    ...live,
    exit,
    printed,
    tree: tree.signal,
    settle,
    allocate,
    spawn: children.add,
    ended: () => now.ended,
    trapTerm: () => {
      now.trapsTerm = true;
    },
  };
}

/** Counts what goes on in the background; `onNone` is told when the last has ended. */
function createChildren(onNone: () => void): {
  readonly add: (work: Promise<void>) => void;
  readonly count: () => number;
} {
  const alive = new Set<Promise<void>>();
  return {
    count: () => alive.size,
    add: (work) => {
      alive.add(work);
      const gone = (): void => {
        alive.delete(work);
        if (alive.size === 0) onNone();
      };
      // What a child in the background throws ends that child alone.
      work.then(gone, gone);
    },
  };
}
