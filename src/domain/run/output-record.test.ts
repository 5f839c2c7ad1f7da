import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputRecord } from "./output-record.ts";
import { recordText, textChunk, WholeCharacters, type TextChunk } from "./text-chunks.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 });

describe("the record of an output stream", () => {
  it("counts every byte, and keeps all of it when it fits, else head and tail", () => {
    fc.assert(
      fc.property(chunks, fc.integer({ min: 2, max: 200 }), (given, capacity) => {
        const record = new OutputRecord(capacity);
        for (const chunk of given) record.add(chunk);
        const all = Buffer.concat(given);
        const kept = Buffer.from(record.bytes());
        expect(record.total).toBe(all.length);
        expect(record.truncated).toBe(all.length > capacity);
        const head = Math.floor(capacity / 2);
        const gap = Buffer.from(`\n[... ${all.length - capacity} bytes left out ...]\n`);
        const cut = Buffer.concat([all.subarray(0, head), gap, all.subarray(all.length - (capacity - head))]);
        expect(kept.equals(record.truncated ? cut : all)).toBe(true);
      }),
    );
  });
});

describe("the record of a stream of which a part was missed", () => {
  it("counts it, and keeps what came before and after", () => {
    const record = new OutputRecord(100);
    record.add(Buffer.from("before"));
    record.miss(1000);
    record.add(Buffer.from("after"));
    expect([record.total, record.truncated]).toEqual([1011, true]);
    expect(Buffer.from(record.bytes()).toString()).toBe("before\n[... 1000 bytes left out ...]\nafter");
  });
});

describe("chunks of text", () => {
  it("lose nothing, however UTF-8 is cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(fc.integer({ min: 1, max: 5 })), (text, cuts) => {
        const bytes = Buffer.from(text.toWellFormed().replaceAll("\0", "-"));
        const texts = new WholeCharacters();
        const parts: TextChunk[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          parts.push(textChunk(texts.next(bytes.subarray(at, at + cut))));
          at += cut;
        }
        expect(parts.every(({ encoding }) => encoding === "utf8")).toBe(true);
        expect(texts.end()).toHaveLength(0);
        expect(parts.map(({ data }) => data).join("")).toBe(bytes.toString());
      }),
    );
  });

  it("are base64 where they hold a NUL, which JSON would write as six characters", () => {
    expect(textChunk(Buffer.from("a\0b"))).toEqual({ data: "YQBi", encoding: "base64" });
    expect(textChunk(Buffer.from("ab"))).toEqual({ data: "ab", encoding: "utf8" });
  });

  it("carry any bytes exactly", () => {
    fc.assert(
      fc.property(chunks, (given) => {
        const texts = new WholeCharacters();
        const all = [...given.map((bytes) => textChunk(texts.next(bytes))), textChunk(texts.end())];
        const decoded = all.map(({ data, encoding }) => Buffer.from(data, encoding));
        expect(Buffer.concat(decoded).equals(Buffer.concat(given))).toBe(true);
      }),
    );
  });

  it("of a record are text, and the exact bytes beside it only where they are no UTF-8", () => {
    expect(recordText(Buffer.from("\uFEFFü"))).toEqual({ text: "\uFEFFü" });
    expect(recordText(Uint8Array.of(0xff, 0x41))).toEqual({ text: "\uFFFDA", base64: "/0E=" });
  });
});
