import { canceled } from "../base/deadline.ts";
import type { MoorageError } from "../base/errors.ts";
import type { RequestRecord } from "./request-record.ts";

/** Pause after which a silent stream sends its `idle` bytes: clients and proxies give up after some minutes without. */
const IDLE_MS = 15_000;

type Controller = ReadableStreamDefaultController<Uint8Array>;

export type StreamParts<T> = {
  readonly items: AsyncIterable<T>;
  readonly encode: (item: T) => Uint8Array;
  /** Bytes without a meaning, sent while there is nothing to say; absent where every byte has one. */
  readonly idle?: Uint8Array;
  /** Tells the reader of a stream that has begun that it failed: closes or breaks the stream. */
  readonly fail: (error: MoorageError, controller: Controller) => void;
  /** Ends the operation when the reader leaves. */
  readonly abort: AbortController;
  readonly record: RequestRecord;
};

/**
 * A body that takes the next item only when the reader asks for it. The first item is waited for, so that a failure
 * before it is thrown here and still gets a status of its own.
 */
export async function streamBody<T>(parts: StreamParts<T>): Promise<ReadableStream<Uint8Array>> {
  const { items, encode, idle, fail, abort, record } = parts;
  const iterator = items[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<T>> | undefined = Promise.resolve(await iterator.next());
  let left = false;
  record.streaming = true;
  const pull = async (controller: Controller): Promise<void> => {
    try {
      pending ??= iterator.next();
      const item = await (idle === undefined ? pending : orIdle(pending));
      if (left) return;
      if (item === undefined) return idle === undefined ? undefined : controller.enqueue(idle);
      pending = undefined;
      if (item.done !== true) return controller.enqueue(encode(item.value));
      controller.close();
      record.write();
    } catch (error) {
      const known = record.fail(error);
      if (left) return;
      fail(known, controller);
      record.write();
    }
  };
  const cancel = async (reason: unknown): Promise<void> => {
    left = true;
    abort.abort(reason);
    try {
      await iterator.return?.();
    } catch (error) {
      record.fail(error);
    }
    record.fail(canceled(reason));
    record.write();
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}

/** The promise's value, or undefined when it takes longer than a reader should be left without a sign of life. */
async function orIdle<T>(promise: Promise<T>): Promise<T | undefined> {
  const idle = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => idle.resolve(undefined), IDLE_MS);
  try {
    return await Promise.race([promise, idle.promise]);
  } finally {
    clearTimeout(timer);
  }
}
