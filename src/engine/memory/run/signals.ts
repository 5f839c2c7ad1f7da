import { constants } from "node:os";
import type { RunSignal } from "../../engine.ts";
import type { End } from "./live-run.ts";

/** What signals do to a program: what it has asked for, or what they do by themselves. */
export type Signals = {
  readonly signal: (name: RunSignal) => void;
  readonly trap: (name: RunSignal, action: () => void) => void;
  /** Resolves while the program is not stopped. */
  readonly going: () => Promise<void>;
};

/** `end` ends the run; `ended` aborts when it has ended, which also lets go of whoever waits for a stopped program. */
export function createSignals(end: (how: End) => void, ended: AbortSignal): Signals {
  const traps = new Map<RunSignal, () => void>();
  let stopped: PromiseWithResolvers<void> | undefined;
  const goOn = (): void => {
    stopped?.resolve();
    stopped = undefined;
  };
  ended.addEventListener("abort", goOn, { once: true });
  return {
    trap: (name, action) => void traps.set(name, action),
    going: () => stopped?.promise ?? Promise.resolve(),
    signal: (name) => {
      if (ended.aborted) return;
      if (name === "STOP") stopped ??= Promise.withResolvers();
      else if (name === "CONT") goOn();
      else if (name === "KILL" || !traps.has(name)) end(byItself(name));
      else traps.get(name)?.();
    },
  };
}

function byItself(name: RunSignal): End {
  return { exitCode: 128 + constants.signals[`SIG${name}`], signal: `SIG${name}` };
}
