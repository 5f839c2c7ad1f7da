import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { hostFileError } from "../copy/host-file-error.ts";

const MIB = 1024 * 1024;

type Reading = {
  /** Of what gives the path, such as `--code-file`. */
  readonly label: string;
  /** Where a relative path starts. */
  readonly directory: string;
  readonly maxMib: number;
  /** What the text is, such as "code". */
  readonly what: string;
  /** What to do with a file that is larger, or no text; otherwise the error's own hint. */
  readonly hints?: { readonly larger: string; readonly noText: string };
};

/** The text of a file of this host. */
export async function readHostText(path: string, { label, directory, maxMib, what, hints }: Reading): Promise<string> {
  const bytes = await readCapped(resolve(directory, path), maxMib * MIB).catch((error: unknown) => {
    throw hostFileError(error, path);
  });
  if (bytes.length > maxMib * MIB) {
    const message = `${label}: expected at most ${maxMib} MiB of ${what} (${JSON.stringify(path)} has more).`;
    throw new MoorageError("FILE_TOO_LARGE", message, hints === undefined ? {} : { hint: hints.larger });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const message = `${label}: expected UTF-8 text in ${JSON.stringify(path)}.`;
    throw new MoorageError("INVALID_INPUT", message, { ...(hints === undefined ? {} : { hint: hints.noText }), cause });
  }
}

async function readCapped(path: string, maxBytes: number): Promise<Uint8Array> {
  await using file = await open(path, "r");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream({ end: maxBytes, autoClose: false }) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks, size);
}
