import { posix } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import { tarEntries, type TarEntry } from "../../../base/tar-streams.ts";
import { unpacked } from "../archive/unpacked.ts";
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

/** What a layer tells of packages. It is read as it comes; only what is looked for is kept. */
export async function readLayer(content: AsyncIterable<Uint8Array>): Promise<LayerFiles<ToldFile>> {
  const files = new Map<string, ToldFile>();
  const removed: string[] = [];
  const emptied: string[] = [];
  for await (const entry of tarEntries(unpacked(content))) {
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
  }
  return { files, removed, emptied };
}

async function readFile(path: string, entry: TarEntry): Promise<ToldFile | undefined> {
  const read = readerOf(path);
  const isSystem = OS_RELEASE.test(path);
  if (read === undefined && !isSystem) return undefined;
  if (entry.header.size > MAX_FILE_BYTES) throw tooMuch(`a file /${path} of more than ${MAX_FILE_BYTES} bytes`);
  const text = Buffer.concat(await Array.fromAsync(entry)).toString("utf8");
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
