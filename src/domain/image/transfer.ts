import { deadlineSignal } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { Once } from "../../base/once.ts";
import type { LayerProgress } from "../../engine/engine.ts";
import type { Call } from "../context.ts";

/** Between two lots of events: the engine tells of each layer many times a second. */
const TELL_MS = 200;

type LayerEvent = { readonly type: "layer" } & LayerProgress;
type Transfer<T> = {
  /** Such as "pulled", for the message at the deadline. */
  readonly done: string;
  readonly reference: string;
  readonly timeoutMs: number | undefined;
  readonly work: (signal: AbortSignal, onProgress: (progress: LayerProgress) => void) => Promise<T>;
};

/** The layers of a transfer on their way, then what it answers. A reader that leaves ends it, and it is waited for. */
export async function* transferEvents<T>(
  { context, signal }: Call,
  { done, reference, timeoutMs, work }: Transfer<T>,
): AsyncGenerator<LayerEvent, T, undefined> {
  const left = new AbortController();
  const limitMs = Math.min(timeoutMs ?? Infinity, context.policy.maxima.timeoutMs);
  const deadline = deadlineSignal(limitMs);
  const latest = new Map<string, LayerProgress>();
  const working = work(
    AbortSignal.any([left.signal, deadline, ...(signal === undefined ? [] : [signal])]),
    (progress) => {
      latest.delete(progress.layer);
      latest.set(progress.layer, progress);
    },
  );
  const ended = new Once(working);
  try {
    for (let over = false; !over;) {
      over = await ended.within(TELL_MS);
      const events = [...latest.values()];
      latest.clear();
      for (const progress of events) yield { type: "layer", ...progress };
    }
    return await working;
  } catch (error) {
    if (!deadline.aborted || signal?.aborted === true) throw error;
    throw new MoorageError("IMAGE_UNAVAILABLE", `${reference} was not ${done} within ${limitMs} ms.`, {
      hint: "Give it more time with --timeout, or look whether its registry answers.",
      cause: error,
    });
  } finally {
    left.abort();
    await Promise.allSettled([working]);
  }
}
