import { fillEntry, repackTar } from "../../base/tar-streams.ts";
import { withoutRoot } from "./without-root.ts";

/** Passes a tar stream on without the first part of every name, and without the entry of that directory itself. */
export function unrooted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  return repackTar(source, {
    rewrite: async (entries, written) => {
      for await (const entry of entries) {
        const { pax: _pax, ...header } = entry.header;
        const name = withoutRoot(header.name);
        const linkname = header.type === "link" ? withoutRoot(header.linkname ?? "") : header.linkname;
        if (name === "") continue;
        await fillEntry(written.entry({ ...header, name, ...(linkname ? { linkname } : {}) }), entry);
      }
    },
  });
}
