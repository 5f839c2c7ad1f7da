import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { pieces } from "../../../../test/fixtures/image-archives.ts";
import { unpacked } from "./unpacked.ts";

const TEXT = Buffer.from("one layer ".repeat(100_000));
const zstd = (level: number): Buffer => {
  return zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_compressionLevel]: level } });
};
/** As formats that can be read in parts end with. */
const SKIPPED = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);

async function text(source: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(source)).toString();
}

describe("what a layer unpacks to", () => {
  it.each<readonly [what: string, bytes: Buffer, expected: string]>([
    ["nothing", Buffer.alloc(0), ""],
    ["three bytes", Buffer.from("abc"), "abc"],
    ["not packed", TEXT, TEXT.toString()],
    ["gzip", gzipSync(TEXT), TEXT.toString()],
    ["gzip in two parts", Buffer.concat([gzipSync(TEXT), gzipSync("end")]), `${TEXT.toString()}end`],
    ["zstd", zstd(3), TEXT.toString()],
    ["zstd of the level 19", zstd(19), TEXT.toString()],
    ["zstd in two frames", Buffer.concat([zstd(3), zstdCompressSync("end")]), `${TEXT.toString()}end`],
    [
      "zstd with frames to be skipped",
      Buffer.concat([zstd(3), SKIPPED, zstdCompressSync("end"), SKIPPED]),
      `${TEXT.toString()}end`,
    ],
  ])("%s", async (_what, bytes, expected) => {
    for (const size of [1, 7, 1000, bytes.length + 1]) {
      if (size === 1 && bytes.length > 10_000) continue;
      expect((await text(unpacked(pieces(bytes, size)))) === expected, `in pieces of ${size}`).toBe(true);
    }
  });

  it.each([
    ["gzip that is cut off", gzipSync(TEXT).subarray(0, -10), "unexpected end of file"],
    ["zstd that is cut off", zstd(3).subarray(0, -10), "unexpected end of file"],
    ["zstd with others behind it", Buffer.concat([zstd(3), Buffer.from("others")]), "Unknown frame descriptor"],
    ["zstd that is none", Buffer.concat([zstd(3).subarray(0, 4), Buffer.alloc(100, 7)]), "Dictionary mismatch"],
  ])("is nothing of %s", async (_what, bytes, message) => {
    for (const size of [7, bytes.length]) await expect(text(unpacked(pieces(bytes, size)))).rejects.toThrow(message);
  });

  it.each([TEXT, gzipSync(TEXT), zstd(3)])("is told with what is wrong with its source", async (bytes) => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces(bytes.subarray(0, bytes.length / 2), 50);
      throw new Error("the sender is gone");
    };
    await expect(text(unpacked(broken()))).rejects.toThrow("the sender is gone");
  });

  it.each([gzipSync(TEXT), zstd(3)])("ends its source when its reader leaves", async (bytes) => {
    let ended = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield* pieces(bytes, 50);
      } finally {
        ended = true;
      }
    };
    for await (const _chunk of unpacked(endless())) break;
    await expect.poll(() => ended).toBe(true);
  });
});
