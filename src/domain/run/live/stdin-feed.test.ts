import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StdinFeed } from "./stdin-feed.ts";

const piece = (offset: number | undefined, text: string, close = false) => ({
  offset,
  data: Buffer.from(text),
  close,
  signal: undefined,
});

async function textOf(feed: StdinFeed): Promise<string> {
  return Buffer.concat(await Array.fromAsync(feed)).toString();
}

describe("the stdin of a run", () => {
  it("is each byte once, whatever is sent again", async () => {
    const cuts = fc.array(fc.record({ from: fc.nat(20), length: fc.nat(20) }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 60, unit: "grapheme-ascii" }),
        cuts,
        async (text, given) => {
          const feed = new StdinFeed();
          let next = 0;
          for (const { from, length } of given) {
            const offset = Math.max(0, next - from);
            ({ nextOffset: next } = await feed.accept(piece(offset, text.slice(offset, offset + length))));
          }
          await feed.accept(piece(next, text.slice(next), true));
          expect(await textOf(feed)).toBe(text);
        },
      ),
    );
  });

  it("takes pieces without an offset in the order in which they came", async () => {
    const feed = new StdinFeed();
    const all = ["a", "b", "c"].map((text) => feed.accept(piece(undefined, text)));
    all.push(feed.accept(piece(undefined, "d", true)));
    expect(await Promise.all(all)).toEqual(
      [1, 2, 3, 4].map((nextOffset) => ({ nextOffset, closed: nextOffset === 4 })),
    );
    expect(await textOf(feed)).toBe("abcd");
  });

  it("holds no more than its cap, and answers how far a piece came when its sender leaves", async () => {
    const feed = new StdinFeed();
    const signal = AbortSignal.timeout(50);
    const sending = feed.accept({ offset: 0, data: Buffer.alloc(1024 * 1024), close: true, signal });
    expect(await sending).toEqual({ nextOffset: 256 * 1024, closed: false });
  });

  it("goes on when the program reads", async () => {
    const feed = new StdinFeed();
    const sending = feed.accept({ offset: 0, data: Buffer.alloc(1024 * 1024, "x"), close: true, signal: undefined });
    expect(await textOf(feed)).toHaveLength(1024 * 1024);
    expect(await sending).toEqual({ nextOffset: 1024 * 1024, closed: true });
  });

  it("takes everything into nothing once the program has closed it", async () => {
    const feed = new StdinFeed();
    await feed.accept(piece(0, "read"));
    for await (const chunk of feed) {
      expect(chunk).toHaveLength(4);
      break;
    }
    const large = { offset: 4, data: Buffer.alloc(1024 * 1024), close: false, signal: undefined };
    expect(await feed.accept(large)).toEqual({ nextOffset: 4 + 1024 * 1024, closed: true });
  });

  it("refuses a gap, and what comes after its end; the end itself may be sent again", async () => {
    const feed = new StdinFeed();
    await feed.accept(piece(0, "ab"));
    await expect(feed.accept(piece(3, "d"))).rejects.toMatchObject({
      code: "CONFLICT",
      message: "offset: expected at most 2, what was taken so far (got 3).",
      hint: "Send the bytes from 2 on first.",
    });
    await feed.accept(piece(2, "c", true));
    expect(await feed.accept(piece(2, "c", true))).toEqual({ nextOffset: 3, closed: true });
    await expect(feed.accept(piece(3, "d"))).rejects.toMatchObject({
      code: "CONFLICT",
      message: "The input was closed after 3 bytes; 1 more came.",
      hint: "Start another run for more input.",
    });
  });
});
