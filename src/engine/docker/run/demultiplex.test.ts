import { describe, expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { createDemultiplexer, createFrameReader } from "./demultiplex.ts";

const frame = (stream: number, data: Buffer): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
};

/** What comes out when the bytes arrive in pieces of this size. */
function inPieces(bytes: Buffer, size: number): { stdout: string; stderr: string } {
  const demultiplexer = createDemultiplexer();
  const text = { stdout: "", stderr: "" };
  for (let at = 0; at < bytes.length; at += size) {
    const chunks = demultiplexer.push(bytes.subarray(at, at + size));
    for (const { stream, data } of chunks) text[stream] += Buffer.from(data).toString("latin1");
  }
  return text;
}

describe("taking frames apart", () => {
  const frames = [
    frame(1, Buffer.from("one")),
    frame(2, Buffer.from("bad")),
    frame(1, Buffer.alloc(0)),
    frame(1, Buffer.from("two")),
  ];

  test.each([1, 2, 3, 7, 8, 9, 11, 12, 1000])("frames that arrive in pieces of %i bytes", (size) => {
    expect(inPieces(Buffer.concat(frames), size)).toEqual({ stdout: "onetwo", stderr: "bad" });
  });

  test("a huge frame is passed on as it comes, without being gathered", () => {
    const demultiplexer = createDemultiplexer();
    const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    expect(demultiplexer.push(header)).toEqual([]);
    const piece = Buffer.alloc(65_536, 7);
    for (let turn = 0; turn < 3; turn += 1) {
      const [chunk, ...more] = demultiplexer.push(piece);
      expect(more).toEqual([]);
      expect(chunk?.data.length).toBe(65_536);
    }
  });

  test("input typed to stdin's stream counts as stdout, as with a terminal", () => {
    expect(inPieces(frame(0, Buffer.from("echo")), 100)).toEqual({ stdout: "echo", stderr: "" });
  });

  test.each([
    ["a stream that does not exist", [9, 0, 0, 0, 0, 0, 0, 1, 65]],
    ["plain text", [...Buffer.from("OCI runtime")]],
  ])("%s is ENGINE_FAILED", async (_, bytes) => {
    expect((await failureOf(() => createDemultiplexer().push(Buffer.from(bytes)))).code).toBe("ENGINE_FAILED");
  });
});

test.each([1, 3, 8, 11, 1000])("frames are gathered whole from pieces of %i bytes", (size) => {
  const bytes = Buffer.concat([frame(1, Buffer.from("one")), frame(2, Buffer.alloc(0)), frame(2, Buffer.from("two"))]);
  const reader = createFrameReader();
  const seen: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const { stream, data } of reader.push(bytes.subarray(at, at + size))) seen.push(`${stream} ${String(data)}`);
  }
  expect(seen).toEqual(["stdout one", "stderr ", "stderr two"]);
});
