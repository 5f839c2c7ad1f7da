import { BLOCK, checksumOf } from "./tar-header.ts";

/** What a header block says, before what comes in front of it says otherwise. */
export type RawHeader = {
  readonly name: Buffer;
  readonly target: Buffer;
  readonly type: string;
  readonly mode: number;
  readonly sizeBytes: number;
  readonly mtime: number;
};

/** A header block; undefined where its checksum is not that of its bytes, or a number is none. */
export function readHeader(block: Buffer): RawHeader | undefined {
  const sum = numberAt(block, 148, 8);
  const mode = numberAt(block, 100, 8);
  const sizeBytes = numberAt(block, 124, 12);
  const mtime = numberAt(block, 136, 12);
  if (block.length !== BLOCK || sum !== checksumOf(block)) return undefined;
  if (mode === undefined || sizeBytes === undefined || mtime === undefined) return undefined;
  const name = textAt(block, 0, 100);
  // GNU's own headers have other things in the place of the prefix.
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? textAt(block, 345, 155) : Buffer.alloc(0);
  return {
    name: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from("/"), name]),
    target: textAt(block, 157, 100),
    type: String.fromCharCode(block[156] ?? 0),
    ...{ mode, sizeBytes, mtime },
  };
}

function textAt(block: Buffer, from: number, length: number): Buffer {
  const field = block.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or with the first bit set a number of all other bits; empty is 0. */
function numberAt(block: Buffer, from: number, length: number): number | undefined {
  const field = block.subarray(from, from + length);
  if (((field[0] ?? 0) & 0x80) !== 0) {
    let value = BigInt((field[0] ?? 0) & 0x3f);
    for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte);
    const negative = ((field[0] ?? 0) & 0x40) !== 0;
    return negative || value > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(value);
  }
  const text = field
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .trim();
  if (text === "") return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** The records of an extended header: `LENGTH KEY=VALUE\n`, one after another; undefined where they are not. */
export function paxRecords(bytes: Buffer): ReadonlyMap<string, Buffer> | undefined {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(" ", at);
    const digits = space === -1 ? "" : bytes.toString("latin1", at, space);
    const length = /^[1-9]\d{0,9}$/.test(digits) ? Number(digits) : 0;
    const equals = bytes.indexOf("=", space);
    const end = at + length;
    if (length === 0 || end > bytes.length || equals === -1 || equals >= end || bytes[end - 1] !== 10) return undefined;
    records.set(bytes.toString("utf8", space + 1, equals), bytes.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}
