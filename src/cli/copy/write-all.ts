import type { Pack } from "tar-stream";

type Sink = ReturnType<Pack["entry"]>;

/** Writes all of it with back-pressure, and resolves to its size; stops where the stream was destroyed. */
export async function writeAll(stream: Sink, data: AsyncIterable<unknown>): Promise<number> {
  let size = 0;
  for await (const chunk of data) {
    if (!(chunk instanceof Uint8Array)) continue;
    if (stream.destroying) break;
    size += chunk.length;
    if (!stream.write(chunk)) await drained(stream);
  }
  return size;
}

async function drained(stream: Sink): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.on("drain", resolve).on("close", resolve);
  await promise;
  stream.off("drain", resolve).off("close", resolve);
}
