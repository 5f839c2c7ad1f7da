import { pack } from "tar-stream";
import type { FileStore } from "./file-store.ts";

/** A file or a tree as tar; links are written as links. */
export async function* treeToTar(store: FileStore, path: string, name: string): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const add = async (at: string, as: string): Promise<void> => {
    const entry = await store.stat(at);
    if (entry === undefined) return;
    const { type, mode, owner } = entry;
    const header = { name: as, mode, ...owner, mtime: new Date(entry.modifiedAt) };
    if (type === "file") archive.entry({ ...header, type }, Buffer.from(await store.read(at)));
    else if (entry.target !== null) archive.entry({ ...header, type: "symlink", linkname: entry.target });
    else archive.entry({ ...header, type: "directory" });
    if (type !== "directory") return;
    for (const child of (await store.names(at)).toSorted()) await add(`${at}/${child}`, `${as}/${child}`);
  };
  await add(path, name);
  archive.finalize();
  for await (const chunk of archive) if (chunk instanceof Uint8Array) yield chunk;
}
