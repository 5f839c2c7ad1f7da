/** Items on their way from one writer to one reader, with a cap on the bytes between them. */
export type Channel<T extends { readonly byteLength: number }> = {
  /** Resolves when the item was taken in: at once while there is room, else when the reader has made some. */
  readonly push: (item: T) => Promise<void>;
  /** No more items; those inside are still read, and waiting writers go on. */
  readonly close: () => void;
  /** To be read once. A reader that leaves early lets all later items pass into nothing. */
  readonly items: AsyncIterable<T>;
};

export function createChannel<T extends { readonly byteLength: number }>(capacityBytes: number): Channel<T> {
  const queue: T[] = [];
  const waiting: (() => void)[] = [];
  const now = { bytes: 0, closed: false, dropped: false };
  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const change = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const ended = (): boolean => now.closed || now.dropped;
  return {
    push: async (item) => {
      while (now.bytes >= capacityBytes && !ended()) await change();
      if (ended() || item.byteLength === 0) return;
      queue.push(item);
      now.bytes += item.byteLength;
      wake();
    },
    close: () => {
      now.closed = true;
      wake();
    },
    items: (async function* () {
      try {
        for (;;) {
          const item = queue.shift();
          if (item === undefined && now.closed) return;
          if (item === undefined) {
            await change();
            continue;
          }
          now.bytes -= item.byteLength;
          wake();
          yield item;
        }
      } finally {
        now.dropped = true;
        queue.length = 0;
        wake();
      }
    })(),
  };
}
