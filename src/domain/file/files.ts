import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { CallOptions } from "../../contracts/platform.ts";
import type { Encoding, FileInfo, FileStat } from "../../contracts/types.ts";
import type { EntryInfo } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { entryPath, sandboxPath } from "./sandbox-path.ts";

/** More than this goes as a stream, not as one JSON value. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** A call on the files of one sandbox. */
export type FileCall = {
  readonly context: DomainContext;
  readonly sandbox: SandboxRow;
  readonly signal: AbortSignal | undefined;
};

/** Finds the sandbox that a call names, for whoever calls. */
export type FilesOf = (id: string, options: CallOptions | undefined) => Promise<FileCall>;

export async function listFiles({ context, sandbox, signal }: FileCall, path: string): Promise<FileInfo[]> {
  const entries = await context.engine.files.list(sandbox.id, sandboxPath(path), signal);
  return entries.map(fileInfo).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export async function readFile({ context, sandbox, signal }: FileCall, path: string) {
  const absolute = entryPath(path);
  await using file = await context.engine.files.open(sandbox.id, absolute, signal);
  if (file.sizeBytes > MAX_FILE_BYTES) throw tooLarge(path);
  const bytes = Buffer.concat(await Array.fromAsync(file.read(0, file.sizeBytes)));
  return { path: absolute, ...asContent(bytes), sizeBytes: bytes.length };
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

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
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
  const text = Buffer.from(bytes).toString("utf8");
  if (Buffer.from(text, "utf8").equals(bytes)) return { content: text, encoding: "utf8" };
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

function tooLarge(path: string): MoorageError {
  return new MoorageError("FILE_TOO_LARGE", `${JSON.stringify(path)} has more than ${MAX_FILE_BYTES} bytes.`);
}
