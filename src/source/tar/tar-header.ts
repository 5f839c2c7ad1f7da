import { Buffer } from "node:buffer";
import type { Entry } from "../entry.ts";

export const BLOCK = 512;

const NAME_BYTES = 100;
/** What eleven octal digits can say. */
const MOST_OCTAL = 0o77777777777;
const TYPES = { file: "0", symlink: "2", directory: "5" } as const;

/** The blocks before an entry's content. Whoever unpacks it owns it: user and group are 0. */
export function tarHeader(entry: Entry, sizeBytes: number): Buffer {
  const name = entry.type === "directory" ? `${entry.path}/` : entry.path;
  const target = entry.type === "symlink" ? entry.target : "";
  const records = [
    ...(Buffer.byteLength(name) > NAME_BYTES ? [paxRecord("path", name)] : []),
    ...(Buffer.byteLength(target) > NAME_BYTES ? [paxRecord("linkpath", target)] : []),
    ...(sizeBytes > MOST_OCTAL ? [paxRecord("size", String(sizeBytes))] : []),
  ];
  const { mode, mtime } = entry;
  const header = block({ name, target, mode, mtime, sizeBytes, type: TYPES[entry.type] });
  if (records.length === 0) return header;
  const extended = Buffer.from(records.join(""));
  const before = block({ name: "pax", target: "", mode: 0o644, mtime, sizeBytes: extended.length, type: "x" });
  return Buffer.concat([before, extended, Buffer.alloc(paddingOf(extended.length)), header]);
}

/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * BLOCK);

/** How many zeros follow a content, up to the next block. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK - (sizeBytes % BLOCK)) % BLOCK;
}

type Fields = {
  readonly name: string;
  readonly target: string;
  readonly mode: number;
  readonly mtime: number;
  readonly sizeBytes: number;
  readonly type: string;
};

function block({ name, target, mode, mtime, sizeBytes, type }: Fields): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, NAME_BYTES, "utf8");
  header.write(octal(mode, 7), 100, "latin1");
  header.write(octal(0, 7), 108, "latin1");
  header.write(octal(0, 7), 116, "latin1");
  header.write(octal(Math.min(sizeBytes, MOST_OCTAL), 11), 124, "latin1");
  header.write(octal(Math.min(Math.max(Math.trunc(mtime), 0), MOST_OCTAL), 11), 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  header.write(target, 157, NAME_BYTES, "utf8");
  header.write("ustar\u000000", 257, "latin1");
  header.write(`${octal(checksumOf(header), 6)}\0 `, 148, "latin1");
  return header;
}

/** The sum of a header's bytes, its own field counted as spaces. */
export function checksumOf(header: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
  return sum;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return `${length} ${key}=${value}\n`;
}
