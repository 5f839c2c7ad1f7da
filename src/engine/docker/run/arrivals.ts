import type { Readable } from "node:stream";

/** So much may wait before the stream is paused. */
const WAITING_BYTES = 256 * 1024;

/**
 * What a stream receives, as it comes; its failure only after all that came before. A stream by itself drops what it
 * has received and not yet handed out when writing to its other end fails.
 */
export async function* arrivals(stream: Readable): AsyncGenerator<Buffer, void, undefined> {
  const waiting: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  let news = Promise.withResolvers<void>();
  const take = (chunk: Buffer): void => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes >= WAITING_BYTES) stream.pause();
    news.resolve();
  };
  const end = (): void => {
    ended = true;
    news.resolve();
  };
  // Told at the end; a listener keeps it from being an uncaught event meanwhile.
  stream.on("error", ignore);
  stream.on("data", take).on("end", end).on("close", end);
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        bytes -= chunk.length;
        yield chunk;
      } else if (ended || stream.closed) break;
      else {
        news = Promise.withResolvers<void>();
        stream.resume();
        await news.promise;
      }
    }
  } finally {
    stream.off("data", take).off("end", end).off("close", end);
    // One that lives on has other listeners by now; one that has broken may still tell.
    if (!stream.destroyed) stream.off("error", ignore);
  }
  if (stream.errored !== null) throw stream.errored;
}

function ignore(): void {
  // Told at the end.
}
