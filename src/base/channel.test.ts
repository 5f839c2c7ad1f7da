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

  it("never makes the writer wait after its release, and counts what it drops", async () => {
    const channel = new Channel<string>(4);
    await channel.push("a", 5);
    channel.release();
    await channel.push("b", 3);
    await channel.push("c", 3);
    channel.close();
    expect(await Array.fromAsync(channel)).toEqual(["a", "b"]);
    expect(channel.dropped).toBe(3);
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
