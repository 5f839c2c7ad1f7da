import { array, assert, asyncProperty, integer, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { createChannel } from "./channel.ts";

describe("a channel", () => {
  test("delivers what was written, in order, and holds no more than its cap and one item", async () => {
    await assert(
      asyncProperty(array(uint8Array({ maxLength: 40 })), integer({ min: 1, max: 100 }), async (items, capacity) => {
        const channel = createChannel<Uint8Array>(capacity);
        const inside = { now: 0, highest: 0 };
        const write = async (): Promise<void> => {
          for (const item of items) {
            await channel.push(item);
            inside.now += item.byteLength;
            inside.highest = Math.max(inside.highest, inside.now);
          }
          channel.close();
        };
        const writing = write();
        const read: Uint8Array[] = [];
        for await (const item of channel.items) {
          read.push(item);
          inside.now -= item.byteLength;
        }
        await writing;
        expect(Buffer.concat(read).equals(Buffer.concat(items))).toBe(true);
        expect(inside.highest).toBeLessThanOrEqual(capacity + 2 * 40);
      }),
    );
  });

  test("makes a writer wait until there is room", async () => {
    const channel = createChannel<Uint8Array>(2);
    await channel.push(Buffer.from("ab"));
    const order: string[] = [];
    const second = channel.push(Buffer.from("c")).then(() => order.push("written"));
    await Promise.resolve();
    order.push("looked");
    const iterator = channel.items[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual(Buffer.from("ab"));
    await second;
    expect(order).toEqual(["looked", "written"]);
  });

  test("lets writers go on when it is closed or its reader has left", async () => {
    const closed = createChannel<Uint8Array>(1);
    await closed.push(Buffer.from("a"));
    const waiting = closed.push(Buffer.from("b"));
    closed.close();
    await waiting;
    const left = createChannel<Uint8Array>(1);
    await left.push(Buffer.from("a"));
    for await (const item of left.items) {
      expect(item).toEqual(Buffer.from("a"));
      break;
    }
    await left.push(Buffer.from("b"));
    await left.push(Buffer.from("c"));
  });
});
