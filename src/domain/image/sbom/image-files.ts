/** What a layer has of what is looked for. */
export type LayerFiles<T> = {
  readonly files: ReadonlyMap<string, T>;
  /** What it takes away of the layers below: these paths with all that is in them. */
  readonly removed: readonly string[];
  /** Directories of which nothing of the layers below is left. */
  readonly emptied: readonly string[];
};

/** The files of an image, of which each layer lies over those before it. */
export function stacked<T>(layers: readonly LayerFiles<T>[]): ReadonlyMap<string, T> {
  const image = new Map<string, T>();
  for (const { files, removed, emptied } of layers) {
    const gone = new Set(removed);
    const hollow = new Set(emptied);
    if (gone.size > 0 || hollow.size > 0) {
      for (const path of image.keys()) if (isHidden(path, gone, hollow)) image.delete(path);
    }
    for (const [path, file] of files) image.set(path, file);
  }
  return image;
}

function isHidden(path: string, gone: ReadonlySet<string>, hollow: ReadonlySet<string>): boolean {
  if (gone.has(path) || hollow.has("")) return true;
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    const above = path.slice(0, at);
    if (gone.has(above) || hollow.has(above)) return true;
  }
  return false;
}
