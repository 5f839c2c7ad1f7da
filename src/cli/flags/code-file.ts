import { open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { hostFileError } from "../copy/host-file-error.ts";

const MAX_BYTES = 8 * 1024 * 1024;

type Reading = { readonly label: string; readonly directory: string };

/** A code block from a file of this host; a relative path starts at `directory`. */
export async function readCodeFile(
  path: string,
  { label, directory }: Reading,
): Promise<{ filename: string; content: string }> {
  const bytes = await readCapped(resolve(directory, path)).catch((error: unknown) => {
    throw hostFileError(error, path);
  });
  if (bytes.length > MAX_BYTES) {
    throw new MoorageError(
      "FILE_TOO_LARGE",
      `${label}: expected at most 8 MiB of code (${JSON.stringify(path)} has more).`,
      {
        hint: "Copy the file with `moorage sandbox cp`, then run it by its name.",
      },
    );
  }
  try {
    return {
      filename: basename(path),
      content: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    };
  } catch (cause) {
    throw new MoorageError("INVALID_INPUT", `${label}: expected UTF-8 text in ${JSON.stringify(path)}.`, {
      hint: "Copy files that are not text with `moorage sandbox cp`.",
      cause,
    });
  }
}

async function readCapped(path: string): Promise<Uint8Array> {
  await using file = await open(path, "r");
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream({ end: MAX_BYTES, autoClose: false }) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks, size);
}
