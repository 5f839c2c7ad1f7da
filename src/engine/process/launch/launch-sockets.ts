import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";

/** The socket that was made for one of a child's descriptors. */
export function socketOf(child: ChildProcess, descriptor: number): Socket {
  const stream = child.stdio[descriptor];
  if (stream instanceof Socket) return stream;
  throw new TypeError(`Descriptor ${descriptor} of the launcher is no socket.`);
}

/** Writes all of it and closes. A launcher that ended before it read shows by its end, not here. */
export function send(child: ChildProcess, descriptor: number, data: string | Uint8Array): void {
  const stream = socketOf(child, descriptor);
  stream.on("error", () => undefined);
  stream.end(data);
}

/** Up to `maxBytes` of what comes, once the other side has closed. */
export function wholeText(stream: Socket, maxBytes: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let room = maxBytes;
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, room));
      room = Math.max(0, room - chunk.length);
    });
    stream.on("error", () => undefined);
    stream.once("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** One character, or none when the other side closes first. */
export function firstCharacter(stream: Socket): Promise<string> {
  return new Promise((resolve) => {
    stream.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1", 0, 1)));
    stream.on("error", () => undefined);
    stream.once("close", () => resolve(""));
  });
}
