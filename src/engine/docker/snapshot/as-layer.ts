import { pack } from "tar-stream";
import { MoorageError } from "../../../base/errors.ts";
import { rewriteTar, type Visit } from "../file/rewrite-tar.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import { type TarHeader } from "../file/tar-header.ts";

const BLOCK = 512;
const NAME_LENGTH = 100;
const SIZE_AT = 124;
const SIZE_LENGTH = 12;
const TYPE_AT = 156;
/** Entries that say something about the one after them. */
const ABOUT_NEXT = "xgLK";
/** Far more than what is said about a directory. */
const MAX_HEAD_BYTES = 1024 * 1024;
/** Hides what lower layers have in its directory. */
const OPAQUE = ".wh..wh..opq";

/**
 * Makes a layer of an image of the archive of a directory at the root: one that takes the place of what lower layers
 * have in it. Where the archive names its entries as a layer does, it stays as it is, to the byte, but for the mark
 * behind its first entry; others are rewritten.
 */
export async function* asLayer(
  source: AsyncIterable<Uint8Array>,
  directory: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = source[Symbol.asyncIterator]();
  const { head, end, name } = await firstEntry(chunks);
  const rest = remaining(head, chunks);
  if (name.replace(/\/$/, "") !== directory) {
    yield* rewriteTar(rest, { first: [], visit: renaming(name, directory) });
    return;
  }
  yield head.subarray(0, end);
  yield await opaqueMark(directory);
  yield head.subarray(end);
  yield* remaining(Buffer.alloc(0), chunks);
}

type First = { readonly head: Buffer; readonly end: number; readonly name: string };

/** Reads as far as the end of the first entry, a directory without content. */
async function firstEntry(chunks: AsyncIterator<Uint8Array>): Promise<First> {
  let head = Buffer.alloc(0);
  while (head.length <= MAX_HEAD_BYTES) {
    const at = headerOfFirst(head);
    if (at !== undefined) {
      const name = head.toString("utf8", at, at + NAME_LENGTH).replace(/\0.*$/s, "");
      return { head, end: at + BLOCK, name };
    }
    const item = await chunks.next();
    if (item.done === true) break;
    head = Buffer.concat([head, item.value]);
  }
  throw new MoorageError("ENGINE_FAILED", "The engine's archive of the workspace has no first entry.");
}

/** Where the header of the first entry is, behind what is said about it; undefined while there is too little. */
function headerOfFirst(bytes: Buffer): number | undefined {
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const type = String.fromCharCode(bytes[at + TYPE_AT] ?? 0);
    if (!ABOUT_NEXT.includes(type)) return at;
    const size = Number.parseInt(bytes.toString("latin1", at + SIZE_AT, at + SIZE_AT + SIZE_LENGTH), 8);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return undefined;
}

async function* remaining(head: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let item = await chunks.next(); item.done !== true; item = await chunks.next()) yield item.value;
}

async function opaqueMark(directory: string): Promise<Uint8Array> {
  const archive = pack();
  archive.entry({ name: `${directory}/${OPAQUE}`, mode: 0o600 }, "");
  archive.finalize();
  const bytes = Buffer.concat(await Array.fromAsync(bytesOf(archive)));
  return bytes.subarray(0, BLOCK);
}

/** Entries under the directory's own name; that of the directory itself with the mark behind it. */
function renaming(root: string, directory: string): Visit {
  const renamed = (name: string): string => `${directory}/${name.slice(root.length).replace(/^\/+/, "")}`;
  let isFirst = true;
  return (header) => {
    const { linkname } = header;
    const link = header.type === "link" && typeof linkname === "string" ? { linkname: renamed(linkname) } : {};
    const entry: TarHeader = { ...header, name: renamed(header.name), ...link };
    const mark: TarHeader = { name: `${directory}/${OPAQUE}`, type: "file", mode: 0o600, size: 0 };
    const entries = isFirst ? [entry, mark] : [entry];
    isFirst = false;
    return Promise.resolve(entries);
  };
}
