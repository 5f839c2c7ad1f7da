import { isUtf8 } from "node:buffer";
import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Encoding, FileContent, FileInfo, FileStat } from "../../contracts/types.ts";
import type { EntryInfo } from "../../engine/engine.ts";
import type { FileCall } from "./file-call.ts";
import { openPart, type PartWish } from "./open-part.ts";
import { entryPath, sandboxPath } from "./sandbox-path.ts";

/** More than this goes as a stream, not as one JSON value. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;

const MAX_CHARACTER_BYTES = 4;

export async function listFiles({ context, sandbox, signal }: FileCall, path: string): Promise<FileInfo[]> {
  const entries = await context.engine.files.list(sandbox.id, sandboxPath(path), signal);
  return entries.map(fileInfo).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function readFile(call: FileCall, wish: PartWish): Promise<FileContent> {
  await using part = await openPart(call, wish);
  if (part.length > MAX_FILE_BYTES) throw tooLarge(wish.path);
  const bytes = Buffer.concat(await Array.fromAsync(part.content));
  const atEnd = part.offset + bytes.length === part.sizeBytes;
  // The next part begins with the character that this one would cut through.
  const taken = atEnd ? bytes : withoutCutCharacter(bytes);
  return {
    path: entryPath(wish.path),
    ...asContent(taken),
    sizeBytes: part.sizeBytes,
    offset: part.offset,
    nextOffset: atEnd ? null : part.offset + taken.length,
  };
}

/** The bytes up to the last character that is there in full; all of them where they are no UTF-8 anyway. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let cut = 0; cut < MAX_CHARACTER_BYTES && cut < bytes.length; cut += 1) {
    const shorter = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(shorter)) return shorter;
  }
  return bytes;
}

export type FileToWrite = {
  readonly path: string;
  readonly content: string;
  readonly encoding?: Encoding | undefined;
  readonly mode?: string | undefined;
};

export async function writeFile({ context, sandbox, signal }: FileCall, file: FileToWrite) {
  const absolute = entryPath(file.path);
  const bytes = decodeContent(file.content, file.encoding);
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(file.path);
  const wish = { path: absolute, content: once(bytes), mode: parseMode(file.mode ?? "0644") };
  await context.engine.files.write(sandbox.id, wish, signal);
  return { path: absolute, sizeBytes: bytes.length };
}

export async function statFile({ context, sandbox, signal }: FileCall, absolute: string): Promise<FileStat> {
  return { path: absolute, ...fileInfo(await context.engine.files.stat(sandbox.id, absolute, signal)) };
}

export async function removeFile({ context, sandbox, signal }: FileCall, path: string) {
  const absolute = entryPath(path);
  await context.engine.files.stat(sandbox.id, absolute, signal);
  await context.engine.files.remove(sandbox.id, absolute, signal);
  return { path: absolute, removed: true as const };
}

export function parseMode(octal: string): number {
  return Number.parseInt(octal, 8);
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

/** Bytes of text in one of our two encodings; INVALID_INPUT when it is not base64. */
export function decodeContent(content: string, encoding: Encoding | undefined): Uint8Array {
  if (encoding !== "base64") return Buffer.from(content, "utf8");
  const bytes = Buffer.from(content, "base64");
  if (bytes.toString("base64").replace(/=+$/, "") !== content.replace(/=+$/, "")) {
    throw new MoorageError("INVALID_INPUT", "The content is not base64, which its encoding says it is.");
  }
  return bytes;
}

function asContent(bytes: Uint8Array): { readonly content: string; readonly encoding: Encoding } {
  if (isUtf8(bytes)) return { content: Buffer.from(bytes).toString("utf8"), encoding: "utf8" };
  return { content: Buffer.from(bytes).toString("base64"), encoding: "base64" };
}

export function fileInfo(entry: EntryInfo): FileInfo {
  return {
    name: entry.name,
    type: entry.type,
    sizeBytes: entry.sizeBytes,
    mode: (entry.mode & 0o7777).toString(8).padStart(4, "0"),
    modifiedAt: isoTime(entry.modifiedAt),
  };
}

export function tooLarge(path: string): MoorageError {
  return new MoorageError("FILE_TOO_LARGE", `${JSON.stringify(path)} has more than ${MAX_FILE_BYTES} bytes.`);
}
