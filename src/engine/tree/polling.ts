import { sleep } from "../../base/deadline.ts";
import type { TreeWatch } from "../engine.ts";

/** A watch that is told of nothing: whoever asks it looks again after a while. */
export function pollingWatch(signal: AbortSignal | undefined): TreeWatch {
  return {
    method: "polling",
    changed: (ms) => sleep(ms, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
