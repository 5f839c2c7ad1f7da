import type { FileStore } from "./file-store.ts";

type Part = {
  /** There in both. */
  readonly directory: string;
  /** A path that is left out with all that is in it. */
  readonly skipped?: string | undefined;
};

/** Copies all that is below a directory; answers the bytes of its files. */
export async function copyTree(from: FileStore, to: FileStore, { directory, skipped }: Part): Promise<number> {
  let bytes = 0;
  for (const name of await from.names(directory)) {
    const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
    const entry = path === skipped ? undefined : await from.stat(path);
    if (entry === undefined) continue;
    if (entry.target !== null) await to.link(entry.target, path, entry.owner);
    else if (entry.type === "file") {
      const data = await from.read(path);
      await to.write(path, data, entry);
      bytes += data.byteLength;
    } else {
      await to.makeDirectory(path, entry);
      bytes += await copyTree(from, to, { directory: path, skipped });
    }
  }
  return bytes;
}
