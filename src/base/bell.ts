import { sleep } from "./deadline.ts";

/** Wakes one waiter ahead of its time. */
export type Bell = {
  readonly ring: () => void;
  /** Resolves when it rings or has rung since the last wait, after `ms`, or when the signal aborts. */
  readonly heard: (ms: number, signal?: AbortSignal) => Promise<void>;
};

export function createBell(): Bell {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => rung.resolve(),
    heard: async (ms, signal) => {
      const waiting = new AbortController();
      const end = AbortSignal.any([waiting.signal, ...(signal === undefined ? [] : [signal])]);
      await Promise.race([rung.promise, sleep(ms, end)]);
      waiting.abort();
      rung = Promise.withResolvers<void>();
    },
  };
}
