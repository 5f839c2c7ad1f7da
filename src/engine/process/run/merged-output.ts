import type { Readable } from "node:stream";
import type { OutputChunk } from "../../engine.ts";

type Source = { readonly stream: OutputChunk["stream"]; readonly from: Readable };

/**
 * Chunks of several streams as they come. Nothing is read ahead of the consumer but each stream's own small buffer, so
 * a slow one slows the program down.
 */
export async function* mergedOutput(sources: readonly Source[]): AsyncGenerator<OutputChunk> {
  let wake = Promise.withResolvers<void>();
  const notify = (): void => wake.resolve();
  for (const { from } of sources) from.on("readable", notify).on("close", notify);
  try {
    for (;;) {
      // Made before looking, so that nothing that comes meanwhile is missed.
      wake = Promise.withResolvers<void>();
      let idle = true;
      for (const { stream, from } of sources) {
        const data: unknown = from.read();
        if (!(data instanceof Uint8Array)) continue;
        idle = false;
        yield { stream, data };
      }
      if (!idle) continue;
      if (sources.every(({ from }) => from.destroyed)) return;
      await wake.promise;
    }
  } finally {
    for (const { from } of sources) from.destroy();
  }
}
