import { pipeline } from "node:stream";
import { constants, createGunzip, createZstdDecompress, type ZstdDecompress } from "node:zlib";
import { bytesOf } from "../../../base/tar-streams.ts";
import { layerMediaType } from "../../../engine/oci-layout.ts";

type Bytes = AsyncGenerator<Uint8Array, void, undefined>;

/** As many bytes as tell how a layer is packed. */
const HEAD_BYTES = 4;
/** 32 MiB, which builders' layers stay far below; zstd itself goes up to 128. */
const WINDOW_LOG = 25;

export type Packing = "gzip" | "zstd";

/** How a layer is packed, as its first bytes tell, and all of its bytes. */
export async function peeked(layer: AsyncIterable<Uint8Array>): Promise<{ packing?: Packing; whole: Bytes }> {
  const chunks = layer[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < HEAD_BYTES) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const whole = restored(head, chunks);
  const [, packing] = /\.tar\+(gzip|zstd)$/.exec(layerMediaType(head)) ?? [];
  return packing === "gzip" || packing === "zstd" ? { packing, whole } : { whole };
}

/** What a layer unpacks to, by gzip or zstd, as its first bytes tell; its own bytes where it is not packed. */
export async function* unpacked(layer: AsyncIterable<Uint8Array>): Bytes {
  const { packing, whole } = await peeked(layer);
  if (packing === undefined) yield* whole;
  else if (packing === "zstd") yield* unpackedZstd(whole);
  else yield* bytesOf(pipeline(whole, createGunzip(), () => undefined));
}

async function* restored(head: Uint8Array, chunks: AsyncIterator<Uint8Array>): Bytes {
  try {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => chunks };
  } finally {
    // One that leaves at the head has not come to the others.
    await chunks.return?.();
  }
}

/** Node's decoder ends where a frame ends inside of what it was given; the next frame gets another one. */
async function* unpackedZstd(chunks: Bytes): Bytes {
  try {
    for (let rest = await nextOf(chunks); rest !== undefined;) {
      const decoder = createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG } });
      const feeding = feed(decoder, rest, chunks);
      feeding.catch((error: unknown) => decoder.destroy(error instanceof Error ? error : new Error(String(error))));
      yield* bytesOf(decoder);
      rest = await feeding;
    }
  } finally {
    await chunks.return();
  }
}

/** Answers what a decoder that has ended has left; undefined: it has taken all that there is. */
async function feed(decoder: ZstdDecompress, first: Uint8Array, chunks: Bytes): Promise<Uint8Array | undefined> {
  for (let chunk: Uint8Array | undefined = first; chunk !== undefined; chunk = await nextOf(chunks)) {
    const before = decoder.bytesWritten;
    await new Promise<void>((resolve) => void decoder.write(chunk, () => resolve()));
    const taken = decoder.bytesWritten - before;
    if (taken < chunk.length) return chunk.subarray(taken);
  }
  decoder.end();
  return undefined;
}

async function nextOf(chunks: Bytes): Promise<Uint8Array | undefined> {
  const { value, done } = await chunks.next();
  return done === true ? undefined : value;
}
