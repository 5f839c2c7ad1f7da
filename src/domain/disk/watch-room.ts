import { sleep } from "../../base/deadline.ts";
import { isMoorageError, type MoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";
import { refuseWithoutRoom } from "./machine-room.ts";

const LOOK_MS = 2_000;

export type RoomWatch = AsyncDisposable & {
  /** Aborts with the given signal, and as soon as the machine's disk is nearly full. */
  readonly signal: AbortSignal;
  /** Why it has aborted, where that is the disk. */
  readonly full: MoorageError | undefined;
};

/** Watches the room on the machine's disk for as long as something large is written there. */
export function watchRoom(context: DomainContext, signal: AbortSignal): RoomWatch {
  const over = new AbortController();
  const filled = new AbortController();
  let full: MoorageError | undefined;
  const watching = watch(context, AbortSignal.any([over.signal, signal]), (error) => {
    full = error;
    filled.abort(error);
  });
  return {
    signal: AbortSignal.any([signal, filled.signal]),
    get full() {
      return full;
    },
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await watching;
    },
  };
}

async function watch(context: DomainContext, until: AbortSignal, onFull: (error: MoorageError) => void): Promise<void> {
  while (!until.aborted) {
    try {
      await refuseWithoutRoom(context);
    } catch (error) {
      if (isMoorageError(error) && error.code === "DISK_FULL") return onFull(error);
      context.logger.debug({ err: error }, "the room on the disk could not be asked for");
    }
    await sleep(LOOK_MS, until);
  }
}
