import { describe, expect, it } from "vitest";
import { Channel } from "./channel.ts";

describe("a channel", () => {
  it("delivers in order, then ends", async () => {
    const channel = new Channel<number>(10);
    await channel.push(1);
    await channel.push(2);
    channel.close();
    expect(await Array.fromAsync(channel)).toEqual([1, 2]);
  });

  it("delivers what is left before its error", async () => {
    const channel = new Channel<number>(10);
    await channel.push(1);
    channel.close(new Error("broken"));
    const seen: number[] = [];
    await expect(async () => {
      for await (const item of channel) seen.push(item);
    }).rejects.toThrow("broken");
    expect(seen).toEqual([1]);
  });

  it("makes the writer wait while it is full, and goes on when something was read", async () => {
    const channel = new Channel<string>(4);
    await channel.push("first", 5);
    let pushed = false;
    const waiting = channel.push("second", 5).then(() => (pushed = true));
    const reader = channel[Symbol.asyncIterator]();
    await Promise.resolve();
    expect(pushed).toBe(false);
    expect((await reader.next()).value).toBe("first");
    await waiting;
    expect((await reader.next()).value).toBe("second");
  });

  it("never makes the writer wait after its release, and tells what it does not take", async () => {
    const channel = new Channel<string>(4);
    await channel.push("a", 5);
    channel.release();
    expect(await channel.push("b", 3)).toBe(true);
    expect(await channel.push("c", 3)).toBe(false);
    expect(await channel.push("no size")).toBe(true);
    channel.close();
    expect(await channel.push("late", 0)).toBe(false);
    expect(await Array.fromAsync(channel)).toEqual(["a", "b", "no size"]);
  });

  it("released with patience takes everything while its reader goes on, however slowly", async () => {
    const channel = new Channel<number>(4);
    channel.release(20_000);
    const written = (async () => {
      const taken: boolean[] = [];
      for (let count = 0; count < 50; count += 1) taken.push(await channel.push(count, 3));
      channel.close();
      return taken;
    })();
    const seen: number[] = [];
    for await (const item of channel) {
      seen.push(item);
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, count) => count));
    expect(await written).not.toContain(false);
  });

  it("released with patience stops waiting for a reader that takes nothing, until it takes something", async () => {
    const channel = new Channel<string>(4);
    await channel.push("a", 5);
    const waiting = channel.push("b", 4);
    channel.release(1);
    expect(await waiting).toBe(false);
    expect(await channel.push("c", 4)).toBe(false);
    const reader = channel[Symbol.asyncIterator]();
    expect((await reader.next()).value).toBe("a");
    expect(await channel.push("d", 4)).toBe(true);
    expect((await reader.next()).value).toBe("d");
  });

  it("tells when its reader leaves, and lets the writer go on", async () => {
    let left = false;
    const channel = new Channel<string>(1, () => (left = true));
    await channel.push("a", 2);
    const waiting = channel.push("b", 2);
    for await (const item of channel) {
      expect(item).toBe("a");
      break;
    }
    await waiting;
    expect(left).toBe(true);
  });

  it("does not say that a reader left who read to the end", async () => {
    let left = false;
    const channel = new Channel<string>(1, () => (left = true));
    channel.close();
    await Array.fromAsync(channel);
    expect(left).toBe(false);
  });
});
