import { posix } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { MoorageError } from "../../../base/errors.ts";
import type { LayerFiles } from "./image-files.ts";
import { readerOf, type FoundPackage } from "./package-files.ts";

const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 200_000;
const OS_RELEASE = /^(?:etc|usr\/lib)\/os-release$/;
const HIDES = ".wh.";
const EMPTIES = ".wh..wh..opq";

/** A file that tells of packages, or of the system that they are for. */
export type ToldFile =
  | { readonly kind: "packages"; readonly packages: readonly FoundPackage[] }
  | { readonly kind: "system"; readonly text: string }
  | { readonly kind: "unreadable" };

type Entry = AsyncIterable<unknown> & { readonly header: Header };

/** What a layer tells of packages. It is read as it comes; only what is looked for is kept. */
export async function readLayer(content: AsyncIterable<Uint8Array>): Promise<LayerFiles<ToldFile>> {
  const files = new Map<string, ToldFile>();
  const removed: string[] = [];
  const emptied: string[] = [];
  const archive = extract();
  const reading = feed(content, archive);
  // It is waited for below; where reading ends early, that is why.
  reading.catch(() => undefined);
  for await (const entry of archive) {
    const path = posix.normalize(entry.header.name).replace(/^\/|\/$/g, "");
    const [directory, name] = [posix.dirname(path), posix.basename(path)];
    const place = directory === "." ? "" : directory;
    if (name === EMPTIES) emptied.push(place);
    else if (name.startsWith(HIDES)) removed.push(posix.join(place, name.slice(HIDES.length)));
    else if (entry.header.type !== "file") {
      // What takes the place of a directory hides all that was in it.
      if (entry.header.type !== "directory") removed.push(path);
    } else {
      const told = await readFile(path, entry);
      if (told !== undefined) files.set(path, told);
      if (files.size > MAX_FILES) throw tooMuch(`more than ${MAX_FILES} files that tell of packages`);
    }
    for await (const _rest of entry);
  }
  await reading;
  return { files, removed, emptied };
}

/** Packed or not, as its first bytes tell. */
async function feed(content: AsyncIterable<Uint8Array>, archive: ReturnType<typeof extract>): Promise<void> {
  const source = content[Symbol.asyncIterator]();
  const first = await source.next();
  if (first.done === true) return void archive.end(undefined);
  const whole = Readable.from(restOf(first.value, source), { objectMode: false });
  const packed = first.value[0] === 0x1f && first.value[1] === 0x8b;
  await (packed ? pipeline(whole, createGunzip(), archive) : pipeline(whole, archive));
}

async function* restOf(first: Uint8Array, source: AsyncIterator<Uint8Array>) {
  yield first;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

async function readFile(path: string, entry: Entry): Promise<ToldFile | undefined> {
  const read = readerOf(path);
  const isSystem = OS_RELEASE.test(path);
  if (read === undefined && !isSystem) return undefined;
  if (entry.header.size > MAX_FILE_BYTES) throw tooMuch(`a file /${path} of more than ${MAX_FILE_BYTES} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  if (read === undefined) return { kind: "system", text };
  try {
    return { kind: "packages", packages: read(text) };
  } catch {
    // What an image says of itself may be nonsense; it is told as a warning.
    return { kind: "unreadable" };
  }
}

function tooMuch(what: string): MoorageError {
  return new MoorageError("LIMIT_EXCEEDED", `The image has ${what}; its packages cannot be listed.`);
}
