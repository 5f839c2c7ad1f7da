import { duplexPair, PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { memoryInUse } from "../../../../test/fixtures/memory-in-use.ts";
import { silentLogger, type Logger } from "../../../base/logger.ts";
import { feedStdin } from "./feed-stdin.ts";

test("an input that never comes is left when the connection closes", async () => {
  const socket = new PassThrough();
  let returned = false;
  const input: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: () => {
        returned = true;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  const feeding = feedStdin(socket, input, { logger: silentLogger });
  socket.destroy();
  await feeding;
  expect(returned).toBe(true);
});

test("an input that breaks off closes stdin where it broke, and is logged", async () => {
  const socket = new PassThrough();
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_, message) => void warnings.push(message) };
  const broken = (async function* () {
    yield Buffer.from("part");
    await Promise.resolve();
    throw new Error("gone");
  })();
  await feedStdin(socket, broken, { logger });
  expect(String(await socket.toArray())).toBe("part");
  expect(warnings).toEqual(["the input of a run broke off"]);
});

test("an input of any size costs no memory once it is sent", async () => {
  const MIB = 1024 * 1024;
  const [socket, program] = duplexPair();
  program.resume();
  const sent = Promise.withResolvers<void>();
  const more = Promise.withResolvers<void>();
  const input = (async function* () {
    for (let count = 0; count < 300; count += 1) yield Buffer.alloc(MIB);
    sent.resolve();
    await more.promise;
  })();
  const before = memoryInUse().buffers;
  const feeding = feedStdin(socket, input, { logger: silentLogger });
  await sent.promise;
  await expect.poll(() => memoryInUse().buffers - before, { timeout: 20_000 }).toBeLessThan(20 * MIB);
  more.resolve();
  await feeding;
}, 60_000);
