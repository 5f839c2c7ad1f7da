import { entryNames, refusedType } from "./entry-rules.ts";
import type { TarEntry } from "./tar-entries.ts";
import { TreeWriter, type Landing } from "./tree-writer.ts";

export type Refusal = { readonly name: string; readonly reason: string };

export type CopyReport = { readonly files: number; readonly bytes: number; readonly refused: readonly Refusal[] };

/** Decides where an archive's root goes, knowing what it is. */
export type Land = (root: { readonly name: string; readonly type: "file" | "directory" }) => Promise<Landing>;

/**
 * Unpacks an archive that has one root. Nothing is written outside of where the root lands: entries that could be are
 * refused and reported, and symlinks that are there already are never followed.
 */
export async function unpackTree(entries: AsyncIterable<TarEntry>, land: Land): Promise<CopyReport> {
  await using writers = new AsyncDisposableStack();
  const refused: Refusal[] = [];
  let writer: TreeWriter | undefined;
  let files = 0;
  let bytes = 0;
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    const named = entryNames(name);
    let reason = "refused" in named ? named.refused : refusedType(type);
    if (reason === undefined && "names" in named) {
      writer ??= writers.use(await openWriter(entry, named.names, land));
      reason = await writer.write(entry, named.names);
    }
    if (reason !== undefined) refused.push({ name, reason });
    else if (type !== "directory") files += 1;
    if (reason === undefined) bytes += size;
    entry.skip();
  }
  return { files, bytes, refused };
}

async function openWriter(entry: TarEntry, [root = "", ...below]: readonly string[], land: Land): Promise<TreeWriter> {
  const isTree = below.length > 0 || entry.header.type === "directory";
  return new TreeWriter(root, await land({ name: root, type: isTree ? "directory" : "file" }));
}
