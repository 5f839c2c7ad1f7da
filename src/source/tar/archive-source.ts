import type { FileHandle } from "node:fs/promises";
import type { FileEntry, Opened, Source } from "../entry.ts";
import { tableSource } from "../table-source.ts";
import type { ArchiveEntries } from "./tar-index.ts";

/** An archive that was received: its entries, and the file of their contents, which goes with it. */
export function archiveSource(entries: ArchiveEntries, contents: FileHandle): Source {
  const offsets = (path: string): number => entries.get(path)?.offset ?? 0;
  return tableSource({
    entries,
    open: async ({ path, sizeBytes }: FileEntry) => openAt(contents, offsets(path), sizeBytes),
    close: () => contents.close(),
  });
}

function openAt(contents: FileHandle, offset: number, sizeBytes: number): Opened {
  let at = 0;
  return {
    sizeBytes,
    fill: async (buffer) => {
      const wanted = Math.min(buffer.length, sizeBytes - at);
      const { bytesRead } = await contents.read(buffer, 0, wanted, offset + at);
      at += bytesRead;
      return bytesRead;
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
