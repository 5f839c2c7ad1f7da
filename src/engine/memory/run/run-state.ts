import type { Clock } from "../../../base/clock.ts";
import type { MoorageError } from "../../../base/errors.ts";
import { newId } from "../../../base/ids.ts";
import type { OutputChunk, RunExit, RunSignal } from "../../engine.ts";
import { createChannel, type Channel } from "./channel.ts";
import { createSignals } from "./signals.ts";
import type { End, LiveRun } from "./live-run.ts";
import type { MemoryUnit } from "../memory-host.ts";

/** What fits between a program and its reader, as in a pipe. */
export const PIPE_BYTES = 256 * 1024;

export type PrintedChunk = OutputChunk & { readonly byteLength: number };

/** One run as a machine: from its start to its only end. */
export type RunState = LiveRun & {
  readonly exit: Promise<RunExit>;
  readonly printed: Channel<PrintedChunk>;
  /** Aborts when the run has ended, and all that it started with it. */
  readonly tree: AbortSignal;
  /** Sends a signal, which does what the program has asked for, or else what signals do. */
  readonly signal: (name: RunSignal) => void;
  readonly trap: (name: RunSignal, action: () => void) => void;
  /** Resolves while the program is not stopped. */
  readonly going: () => Promise<void>;
  readonly allocate: (bytes: number) => void;
  readonly ended: () => boolean;
};

export function createRunState(unit: MemoryUnit, clock: Clock, main: boolean): RunState {
  const { promise: exit, resolve, reject } = Promise.withResolvers<RunExit>();
  // Whoever awaits `exit` is told; a run that nobody awaits is no unhandled rejection.
  exit.catch(() => undefined);
  const printed = createChannel<PrintedChunk>(PIPE_BYTES);
  const tree = new AbortController();
  const now = { ended: false, peakBytes: 0, oomKilled: false };
  const settle = ({ exitCode, signal }: End): void => {
    if (now.ended) return;
    now.ended = true;
    tree.abort();
    unit.runs.delete(live);
    if (main && unit.info.state !== "exited") {
      unit.info = { state: "exited", exitCode, oomKilled: now.oomKilled, finishedAt: clock.now() };
    }
    printed.close();
    resolve({ exitCode, signal, oomKilled: now.oomKilled, peakMemoryBytes: now.peakBytes || null });
  };
  const fail = (error: MoorageError): void => {
    reject(error);
    settle({ exitCode: 137, signal: null });
  };
  const allocate = (bytes: number): void => {
    const { memoryBytes } = unit.spec.limits;
    now.peakBytes = Math.max(now.peakBytes, Math.min(bytes, memoryBytes));
    if (bytes <= memoryBytes) return;
    now.oomKilled = true;
    settle({ exitCode: 137, signal: "SIGKILL" });
  };
  const signals = createSignals(settle, tree.signal);
  const live: LiveRun = { handle: newId(), end: settle, fail, terminate: () => signals.signal("TERM") };
  unit.runs.add(live);
  return {
    ...live,
    exit,
    printed,
    tree: tree.signal,
    ...signals,
    allocate,
    ended: () => now.ended,
  };
}
