import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { isMoorageError, MoorageError } from "../../base/errors.ts";

type OneFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly modifiedAt: number;
};

/** A tar stream with one file. */
export function tarOfFile({ name, bytes, mode, modifiedAt }: OneFile): AsyncIterable<Uint8Array> {
  const tar = pack();
  tar.entry({ name, mode, mtime: new Date(modifiedAt), type: "file" }, Buffer.from(bytes));
  tar.finalize();
  return Readable.from(tar);
}

/** Why a tar stream gave no file. */
export type NoFile = "too large" | "not a file";

/** The bytes of the file that a tar stream begins with, at most `cap`. */
export async function fileFromTar(tar: AsyncIterable<Uint8Array>, cap: number): Promise<Uint8Array | NoFile> {
  try {
    return await firstFile(tar, cap);
  } catch (error) {
    if (isMoorageError(error)) throw error;
    // Engines break an archive off when a file grows while they read it.
    const message = "The file could not be read whole: it may have changed meanwhile.";
    throw new MoorageError("ENGINE_FAILED", message, { hint: "Read it again.", cause: error });
  }
}

async function firstFile(tar: AsyncIterable<Uint8Array>, cap: number): Promise<Uint8Array | NoFile> {
  const reader = extract();
  const feeding = Readable.from(tar)
    .on("error", (error) => reader.destroy(error))
    .pipe(reader);
  for await (const entry of feeding) {
    if (entry.header.type !== "file") return "not a file";
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > cap) return "too large";
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
  return "not a file";
}
