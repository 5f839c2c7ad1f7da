import { join } from "node:path";
import type { OutputStream } from "../run-logs.ts";

/** One byte for the stream, eight for the time, four for the length; of a gap its length stands where the time would. */
export const HEADER_BYTES = 13;
/** Longest data of one frame; longer output is written as several. */
export const MAX_DATA_BYTES = 64 * 1024;

const CODES: Readonly<Record<OutputStream, number>> = { stdout: 1, stderr: 2 };
const GAP_CODE = 3;

export type Header = {
  /** Undefined: a gap, whose bytes are not here. */
  readonly stream: OutputStream | undefined;
  readonly time: number;
  readonly length: number;
};

export function encodeFrame(stream: OutputStream, data: Uint8Array, time: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + data.length);
  frame.writeUInt8(CODES[stream], 0);
  frame.writeDoubleLE(time, 1);
  frame.writeUInt32LE(data.length, 9);
  frame.set(data, HEADER_BYTES);
  return frame;
}

/** Stands for bytes that were passed over. */
export function encodeGap(length: number): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES);
  frame.writeUInt8(GAP_CODE, 0);
  frame.writeDoubleLE(length, 1);
  return frame;
}

/** Undefined where no whole header is, or none of ours: the end of what a crashed writer left. */
export function decodeHeader(bytes: Buffer): Header | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const code = bytes.readUInt8(0);
  const time = bytes.readDoubleLE(1);
  const length = bytes.readUInt32LE(9);
  if (code === GAP_CODE) return time > 0 ? { stream: undefined, time: 0, length: time } : undefined;
  if ((code !== CODES.stdout && code !== CODES.stderr) || length > MAX_DATA_BYTES) return undefined;
  return { stream: code === CODES.stdout ? "stdout" : "stderr", time, length };
}

/** A log is a directory of segments, each named by the offset of its first byte. */
export function segmentPath(directory: string, start: number): string {
  return join(directory, `${String(start).padStart(15, "0")}.log`);
}

export function segmentStart(name: string): number | undefined {
  const [, digits] = /^(\d{15})\.log$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
