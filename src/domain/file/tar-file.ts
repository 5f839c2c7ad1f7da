import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";

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

/** The bytes of the first file in a tar stream; undefined when it is longer than `cap` or there is none. */
export async function fileFromTar(tar: AsyncIterable<Uint8Array>, cap: number): Promise<Uint8Array | undefined> {
  const reader = extract();
  const feeding = Readable.from(tar)
    .on("error", (error) => reader.destroy(error))
    .pipe(reader);
  for await (const entry of feeding) {
    if (entry.header.type !== "file") {
      entry.resume();
      continue;
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of entry as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > cap) return undefined;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
  return undefined;
}
