import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack, type Pack } from "tar-stream";
import { tarEntries, withoutRoot } from "./tar-entries.ts";

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
  for await (const entry of tarEntries(source)) {
    const { pax: _pax, ...header } = entry.header;
    const name = withoutRoot(header.name);
    const linkname = header.type === "link" ? withoutRoot(header.linkname ?? "") : header.linkname;
    if (name === "") entry.resume();
    else await pipeline(entry, written.entry({ ...header, name, ...(linkname ? { linkname } : {}) }));
  }
  written.finalize();
}
