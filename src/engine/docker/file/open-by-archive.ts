import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { OpenFile } from "../../engine.ts";
import { noFile } from "../../tree/tree-errors.ts";
import { download } from "./download.ts";
import { existing, type FilesContext, type Wanted } from "./existing-entry.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import { typeOf } from "./unit-place.ts";

/** A file to be read out of the archive that the engine makes of it. */
export async function openByArchive(context: FilesContext, wanted: Omit<Wanted, "follow">): Promise<OpenFile> {
  const { path } = wanted;
  const { place } = await existing(context, { ...wanted, follow: true });
  if (typeOf(place.stat) !== "file") throw noFile(path);
  const { size, mtime } = place.stat;
  return {
    sizeBytes: size,
    version: `${size}-${mtime}`,
    read: async function* (offset, length) {
      const to = Math.min(offset + length, size);
      let at = 0;
      for await (const chunk of contentOf(download(context, wanted), path)) {
        const part = chunk.subarray(Math.max(0, offset - at), Math.max(0, to - at));
        at += chunk.length;
        if (part.length > 0) yield part;
        if (at >= to) return;
      }
      if (at < to) throw shorter(path);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* contentOf(tar: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = extract();
  const source = Readable.from(tar, { objectMode: false });
  source.on("error", (error) => reader.destroy(error));
  try {
    for await (const entry of source.pipe(reader)) {
      if (entry.header.type !== "file") throw noFile(path);
      yield* bytesOf(entry);
      return;
    }
  } catch (cause) {
    throw isMoorageError(cause) ? cause : shorter(path, cause);
  } finally {
    source.destroy();
    reader.destroy();
  }
}

// Engines break an archive off when a file changes while they read it.
function shorter(path: string, cause?: unknown): MoorageError {
  return new MoorageError("ENGINE_FAILED", `${JSON.stringify(path)} changed while it was read.`, {
    hint: "Read it again.",
    cause,
  });
}
