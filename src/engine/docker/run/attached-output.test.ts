import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import type { OutputChunk } from "../../engine.ts";
import { AttachedOutput, textOf } from "./attached-output.ts";
import { settledWithin } from "./settled-within.ts";

const MIB = 1024 * 1024;

function frame(text: string | Buffer, stream = 1): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function collect(chunks: AsyncIterable<OutputChunk>): Promise<string> {
  let text = "";
  for await (const { stream, data } of chunks) text += `${stream}:${Buffer.from(data).toString()};`;
  return text;
}

describe("the first line", () => {
  test("is kept back, and what follows it is the program's", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    for (const part of ["moorage re", "ady\nfirst", "second"]) socket.write(frame(part));
    socket.end();
    expect(await output.firstLine).toBe("moorage ready");
    expect(await collect(output.chunks)).toBe("stdout:first;stdout:second;");
  });

  test("stderr before it is passed on", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("a warning", 2));
    socket.end(frame("moorage ready\n"));
    expect(await output.firstLine).toBe("moorage ready");
    expect(await collect(output.chunks)).toBe("stderr:a warning;");
  });

  test("that never comes is undefined, and the text is not lost", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.end(frame("OCI runtime exec failed"));
    expect(await output.firstLine).toBeUndefined();
    expect(await textOf(output.chunks)).toBe("OCI runtime exec failed");
  });

  test("is given up when it grows beyond what any line of ours has", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("x".repeat(2000)));
    expect(await output.firstLine).toBeUndefined();
    await output.close();
  });
});

/** Sends as a network does, waiting when asked to; tells how much has gone so far. */
function sender(socket: PassThrough, bytes: number): { readonly sent: () => number; readonly done: Promise<void> } {
  let sent = 0;
  const send = async (): Promise<void> => {
    const piece = frame(Buffer.alloc(64 * 1024));
    for (; sent < bytes; sent += piece.length) {
      if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
    }
  };
  return { sent: () => sent, done: send() };
}

describe("a reader that is slow", () => {
  test("makes the sender wait, until it is released", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("moorage ready\n"));
    const sending = sender(socket, 16 * MIB);
    expect(await settledWithin(sending.done, 300)).toBe(false);
    expect(sending.sent()).toBeGreaterThan(MIB);
    expect(sending.sent()).toBeLessThan(4 * MIB);
    output.release();
    expect(await settledWithin(sending.done, 5_000)).toBe(true);
    await output.finish();
  });

  test("misses nothing after the release while it goes on", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("moorage ready\n"));
    output.release();
    const sending = sender(socket, 16 * MIB);
    void sending.done.then(() => socket.end());
    let bytes = 0;
    for await (const { data, lostBytes = 0 } of output.chunks) {
      expect(lostBytes).toBe(0);
      bytes += data.length;
      await new Promise((resolve) => void setTimeout(resolve, 1));
    }
    expect(bytes).toBe(16 * MIB);
  });

  test("and takes nothing after the release is told how much it has missed, of each stream", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("moorage ready\n"));
    output.release();
    await sender(socket, 16 * MIB).done;
    socket.end(frame(Buffer.alloc(MIB), 2));
    await output.ended;
    const counts = { stdout: { read: 0, lost: 0 }, stderr: { read: 0, lost: 0 } };
    for await (const { stream, data, lostBytes = 0 } of output.chunks) {
      counts[stream].read += data.length;
      counts[stream].lost += lostBytes;
    }
    expect(counts.stdout.read).toBeGreaterThan(MIB);
    expect(counts.stdout.read + counts.stdout.lost).toBe(16 * MIB);
    expect(counts.stderr).toEqual({ read: 0, lost: MIB });
  });

  test("and leaves does not stop the sender", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("moorage ready\nx"));
    for await (const _ of output.chunks) break;
    expect(await settledWithin(sender(socket, 16 * MIB).done, 5_000)).toBe(true);
    await output.close();
  });
});

describe("the end", () => {
  test("comes soon after the process has ended, though somebody holds the stream open", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("moorage ready\nlast words"));
    await output.firstLine;
    const begin = performance.now();
    await output.finish();
    expect(performance.now() - begin).toBeLessThan(1_000);
    expect(await collect(output.chunks)).toBe("stdout:last words;");
    expect(output.failure).toBeUndefined();
  });

  test("by a connection that breaks is told", async () => {
    const socket = new PassThrough();
    const output = new AttachedOutput(socket);
    socket.write(frame("moorage ready\npart"));
    await output.firstLine;
    socket.destroy(new Error("reset"));
    await output.ended;
    expect(output.failure).toMatchObject({ message: "reset" });
  });
});
