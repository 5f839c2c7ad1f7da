import { canceled } from "../base/deadline.ts";
import type { MoorageError } from "../base/errors.ts";
import { Once } from "../base/once.ts";
import type { RequestRecord } from "./request-record.ts";
import type { StillAdmitted } from "./still-admitted.ts";

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
  /** Ends the operation when the reader leaves, or is shut out. */
  readonly abort: AbortController;
  readonly stillAdmitted: StillAdmitted;
  readonly record: RequestRecord;
};

/**
 * A body that takes the next item only when the reader asks for it. The first item is waited for, so that a failure
 * before it is thrown here and still gets a status of its own.
 */
export async function streamBody<T>(parts: StreamParts<T>): Promise<ReadableStream<Uint8Array>> {
  const { items, encode, idle, fail, abort, record, stillAdmitted } = parts;
  const iterator = items[Symbol.asyncIterator]();
  let pending: Once<IteratorResult<T>> | undefined = new Once(Promise.resolve(await iterator.next()));
  let left = false;
  let stopAsking: (() => void) | undefined;
  record.streaming = true;
  const ended = (): void => {
    stopAsking?.();
    record.write();
  };
  const leave = async (reason: unknown): Promise<void> => {
    left = true;
    abort.abort(reason);
    try {
      await iterator.return?.();
    } catch (error) {
      record.fail(error);
    }
  };
  const pull = async (controller: Controller): Promise<void> => {
    // Not before: of a body that nobody reads, nobody tells the end.
    stopAsking ??= stillAdmitted((refusal) => {
      fail(record.fail(refusal), controller);
      void leave(refusal).finally(ended);
    });
    try {
      pending ??= new Once(iterator.next());
      if (idle !== undefined && !(await pending.within(IDLE_MS))) return left ? undefined : controller.enqueue(idle);
      const item = await pending.promise;
      if (left) return;
      pending = undefined;
      if (item.done !== true) return controller.enqueue(encode(item.value));
      controller.close();
      ended();
    } catch (error) {
      const known = record.fail(error);
      if (left) return;
      fail(known, controller);
      ended();
    }
  };
  const cancel = async (reason: unknown): Promise<void> => {
    stopAsking?.();
    await leave(reason);
    record.fail(canceled(reason));
    ended();
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}
