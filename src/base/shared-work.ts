import { canceled } from "./deadline.ts";

/** Work that several callers may want at once and that is done once for all of them. */
export type SharedWork<T> = (
  key: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

type Going<T> = { readonly result: Promise<T>; readonly abort: AbortController; waiting: number };

/**
 * Callers with the same key share one piece of work while it goes on. A caller that leaves gets CANCELED at once; the
 * work itself is aborted only when nobody waits for it any more.
 */
export function createSharedWork<T>(): SharedWork<T> {
  const going = new Map<string, Going<T>>();
  const begin = (key: string, work: (signal: AbortSignal) => Promise<T>): Going<T> => {
    const abort = new AbortController();
    const result = work(abort.signal).finally(() => {
      if (going.get(key)?.abort === abort) going.delete(key);
    });
    const begun = { result, abort, waiting: 0 };
    going.set(key, begun);
    return begun;
  };
  return async (key, signal, work) => {
    if (signal?.aborted) throw canceled(signal.reason);
    const shared = going.get(key) ?? begin(key, work);
    shared.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(canceled(signal?.reason));
    signal?.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([shared.result, left.promise]);
    } finally {
      signal?.removeEventListener("abort", leave);
      shared.waiting -= 1;
      if (shared.waiting === 0) {
        // Whoever comes now begins anew instead of joining what is being ended.
        if (going.get(key) === shared) going.delete(key);
        shared.abort.abort(signal?.reason);
      }
    }
  };
}
