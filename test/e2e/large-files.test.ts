import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { openHome } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer } from "../fixtures/running-server.ts";

const MIB = 1024 * 1024;
const SIZE = 300 * MIB;
/** What a server may take for streams of such a file, most of it what waits to be collected. */
const MOST_BYTES = 200 * MIB;

/** Bytes that differ from block to block, so that none is lost, doubled or in another place unseen. */
async function* content(): AsyncGenerator<Uint8Array> {
  const block = Buffer.alloc(MIB, "moorage ");
  for (let index = 0; index < SIZE / MIB; index += 1) {
    block.writeUInt32BE(index);
    yield await Promise.resolve(Buffer.from(block));
  }
}

async function hashOf(source: AsyncIterable<Uint8Array>, from = 0, to = SIZE): Promise<string> {
  const hash = createHash("sha256");
  let at = 0;
  for await (const chunk of source) {
    hash.update(chunk.subarray(Math.max(0, from - at), Math.max(0, to - at)));
    at += chunk.length;
  }
  return hash.digest("hex");
}

it("files of 300 MiB go up and down through a server, in parts, in bounded memory", { timeout: 240_000 }, async () => {
  await using home = await openHome();
  await using server = await startServer(home);
  const { raw, sandbox } = server.sdk;
  const { id } = await sandbox.create({ image: "busybox:latest" });
  const before = await server.peakMemory();
  const written = { path: "/workspace/deep/big", sizeBytes: SIZE };
  expect(await raw.write({ id, path: "deep/big" }, content())).toEqual(written);
  const seen = await resultOf(sandbox.exec({ id, command: ["stat", "-c", "%s", "deep/big"] }));
  expect(seen.stdout).toBe(`${SIZE}\n`);

  const read = async (range: { readonly offset: number; readonly length?: number }) => {
    await using part = await raw.read({ id, path: "deep/big", ...range });
    const { sizeBytes, offset, length } = part;
    return { sizeBytes, offset, length, hash: await hashOf(part.content) };
  };
  const cut = 200 * MIB + 3;
  const first = { sizeBytes: SIZE, offset: 0, length: cut, hash: await hashOf(content(), 0, cut) };
  expect(await read({ offset: 0, length: cut })).toEqual(first);
  const second = { sizeBytes: SIZE, offset: cut, length: SIZE - cut, hash: await hashOf(content(), cut) };
  expect(await read({ offset: cut - SIZE })).toEqual(second);
  expect((await server.peakMemory()) - before).toBeLessThan(MOST_BYTES);
});
