import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack, type Pack } from "tar-stream";

/** Passes a tar stream on without the first part of every name, and without the entry of that directory itself. */
export async function* unrooted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const written = pack();
  const copying = copy(source, written).catch((error: unknown) => {
    written.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of Readable.from(written)) if (chunk instanceof Uint8Array) yield chunk;
  } finally {
    written.destroy();
    await copying;
  }
}

async function copy(source: AsyncIterable<Uint8Array>, written: Pack): Promise<void> {
  const archive = extract();
  const input = Readable.from(source, { objectMode: false });
  input.on("error", (error) => archive.destroy(error));
  input.pipe(archive);
  try {
    for await (const entry of archive) {
      const { pax: _pax, ...header } = entry.header;
      const name = withoutRoot(header.name);
      const linkname = header.type === "link" ? withoutRoot(header.linkname ?? "") : header.linkname;
      if (name === "") entry.resume();
      else await pipeline(entry, written.entry({ ...header, name, ...(linkname ? { linkname } : {}) }));
    }
    written.finalize();
  } finally {
    archive.destroy();
    input.destroy();
  }
}

function withoutRoot(name: string): string {
  const at = name.indexOf("/");
  return at === -1 ? "" : name.slice(at + 1);
}
