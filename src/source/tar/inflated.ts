import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { MoorageError } from "../../base/errors.ts";

const GZIP = [0x1f, 0x8b];
/** What other programs begin their files with. */
const OTHERS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

/**
 * The bytes of an archive, inflated where its first bytes say that gzip has deflated it, and no more of them than `most`:
 * few bytes can become very many.
 */
export async function* inflated(
  given: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = given[Symbol.asyncIterator]();
  try {
    const first = await firstBytes(chunks);
    const other = OTHERS.find(([, bytes]) => beginsWith(first, bytes));
    if (other !== undefined) throw refused(`is compressed with ${other[0]}`);
    const whole = startingWith(first, chunks);
    let count = 0;
    for await (const chunk of beginsWith(first, GZIP) ? gunzipped(whole) : whole) {
      count += chunk.length;
      if (count > most) throw tooMuch(most);
      yield chunk;
    }
  } finally {
    await chunks.return?.();
  }
}

async function* startingWith(
  first: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => chunks };
}

async function firstBytes(chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let first = Buffer.alloc(0);
  while (first.length < 8) {
    const next = await chunks.next();
    if (next.done === true) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}

async function* gunzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip();
  const input = Readable.from(chunks, { objectMode: false });
  let failure: Error | undefined;
  input.on("error", (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw failure ?? refused("is no valid gzip", error);
  } finally {
    gunzip.destroy();
    input.destroy();
  }
}

function beginsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((byte, at) => bytes[at] === byte);
}

function refused(problem: string, cause?: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", `The build context ${problem}.`, {
    hint: "Send what `tar -c .` writes, plain or with gzip.",
    cause,
  });
}

function tooMuch(most: number): MoorageError {
  return new MoorageError("LIMIT_EXCEEDED", `The build context inflates to more than ${most} bytes.`, {
    hint: "Pack only what the image needs, or raise build.context.maxBytes in moorage.config.json.",
    details: { maxBytes: most },
  });
}
