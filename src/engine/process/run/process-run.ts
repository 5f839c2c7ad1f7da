import { constants } from "node:os";
import { Socket } from "node:net";
import { withDeadline } from "../../../base/deadline.ts";
import type { EngineRun, RunExit, RunSignal } from "../../engine.ts";
import { endedBy } from "../../ended-by.ts";
import { NO_KILLS } from "../../group/memory-kills.ts";
import { stdinChunks } from "../../stdin-chunks.ts";
import { enforcedLimits, type EngineParts } from "../engine-parts.ts";
import type { Ended, Launched } from "../launch/launch.ts";
import type { LiveRun } from "./live-runs.ts";
import { mergedOutput } from "./merged-output.ts";
import { identityToken } from "../host/process-identity.ts";
import type { OurEnds } from "./run-pipes.ts";
import { feedStdin } from "./stdin-feed.ts";
import type { RunGroups, RunWish } from "./run-wish.ts";
import { signalRun } from "./signal-run.ts";

export type BegunRun = RunWish & {
  readonly launched: Launched;
  readonly groups: RunGroups | undefined;
  readonly ours: OurEnds;
};

const KILL_MS = 15_000;
/** As shells tell an end by KILL. */
const KILLED = 137;

/**
 * Lets a launched program begin, and follows it to its end. A run is a PID namespace of its own: when its program ends,
 * the kernel ends whatever that has left behind, at once. So it is when Moorage itself ends, by whatever cause.
 */
export function createProcessRun(parts: EngineParts, begun: BegunRun): EngineRun {
  const { unit, spec, launched, groups, ours } = begun;
  const [stdout, stderr] = [reader(ours.stdout), reader(ours.stderr)];
  const watch = watchRun(parts, begun);
  const sent = new Set<RunSignal>();
  const isHeld = async (): Promise<boolean> => (await parts.store.readHold(unit.id))?.state === "paused";
  const signal = async (name: RunSignal): Promise<void> => {
    sent.add(name);
    await (name === "KILL" ? kill() : signalRun({ launched, groups, isHeld }, name));
  };
  const end = async (): Promise<RunExit> => {
    try {
      const ended = await launched.ended;
      const overLimit = watch.stop();
      await groups?.run.remove();
      const exit = await measured(ended, { groups, overLimit, sent });
      await begun.onEnd(exit);
      return exit;
    } finally {
      parts.live.delete(live);
    }
  };
  const exit = end();
  // Whoever asks for it hears of a failure; nobody has to ask.
  exit.catch(() => undefined);
  const kill = async (): Promise<void> => {
    sent.add("KILL");
    launched.kill();
    await groups?.run.thaw();
    await withDeadline(exit, KILL_MS, `Ending a run of ${unit.id}`);
  };
  const live: LiveRun = {
    unit: unit.id,
    terminate: () => signal("TERM"),
    kill,
    release: () => release(launched, stdout, stderr),
  };
  parts.live.add(live);
  launched.go();
  if (spec.stdin !== undefined && ours.stdin !== undefined) {
    const onFailure = (error: unknown): void => parts.logger.warn({ id: unit.id, error }, "the input of a run failed");
    feedStdin(ours.stdin, { source: stdinChunks(spec.stdin), ended: launched.ended, onFailure });
  }
  return {
    handle: identityToken(parts.identity),
    output: mergedOutput([
      { stream: "stdout", from: stdout },
      { stream: "stderr", from: stderr },
    ]),
    exit,
    terminate: () => signal("TERM"),
    kill: async () => {
      await kill();
      return { unitStopped: unit.kind === "job" };
    },
    signal,
  };
}

function reader(descriptor: number): Socket {
  const socket = new Socket({ fd: descriptor, readable: true, writable: false });
  // A pipe of our own cannot fail to be read; its end shows as a close.
  return socket.on("error", () => undefined);
}

function release({ child }: Launched, ...sockets: readonly Socket[]): void {
  child.unref();
  for (const stream of [...child.stdio, ...sockets]) if (stream instanceof Socket) stream.unref();
}

/** Answers, when stopped, whether the watchdog has ended the run for its memory. */
function watchRun(parts: EngineParts, { unit, launched }: BegunRun): { readonly stop: () => boolean } {
  const { memory, pids } = enforcedLimits(parts.groups);
  const root = launched.child.pid;
  if ((memory && pids) || root === undefined) return { stop: () => false };
  const { limits } = unit.record;
  let forMemory = false;
  const stop = parts.watchdog.watch({
    unit: unit.id,
    root,
    limits: {
      cpus: limits.cpus,
      memoryBytes: memory ? Number.POSITIVE_INFINITY : limits.memoryBytes,
      pids: pids ? Number.POSITIVE_INFINITY : limits.pids,
    },
    end: (reason) => {
      forMemory = reason === "memory";
      launched.kill();
    },
  });
  return {
    stop: () => {
      stop();
      return forMemory;
    },
  };
}

type Known = {
  readonly groups: RunGroups | undefined;
  readonly overLimit: boolean;
  readonly sent: ReadonlySet<RunSignal>;
};

async function measured({ code, signal }: Ended, { groups, overLimit, sent }: Known): Promise<RunExit> {
  const exitCode = code ?? (signal === null ? null : 128 + constants.signals[signal]);
  const looksKilled = exitCode === KILLED && !sent.has("KILL");
  const { own, beside } = groups?.judgeKills(await groups.unit.oomKills(), looksKilled) ?? NO_KILLS;
  const oomKilled = overLimit || own;
  return {
    exitCode,
    signal: signal ?? endedBy({ exitCode, sent, oomKilled }),
    oomKilled,
    ...(beside && !overLimit ? { oomKilledBeside: true } : {}),
    peakMemoryBytes: (await groups?.unit.peakMemoryBytes()) ?? null,
  };
}
