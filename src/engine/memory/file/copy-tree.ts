import type { FileStore } from "./file-store.ts";

/** Copies all that is below a directory, which is there in both; answers the bytes of its files. */
export async function copyTree(from: FileStore, to: FileStore, directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await from.names(directory)) {
    const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
    const entry = await from.stat(path);
    if (entry === undefined) continue;
    if (entry.target !== null) await to.link(entry.target, path, entry.owner);
    else if (entry.type === "file") {
      const data = await from.read(path);
      await to.write(path, data, entry);
      bytes += data.byteLength;
    } else {
      await to.makeDirectory(path, entry);
      bytes += await copyTree(from, to, path);
    }
  }
  return bytes;
}
