import { FileProblem, type FileStore } from "./file-store.ts";

/** `base`, with everything below `point` in another store. */
export function mountStore(base: FileStore, point: string, mounted: FileStore): FileStore {
  const place = (path: string): { readonly store: FileStore; readonly inner: string } => {
    if (path === point) return { store: mounted, inner: "/" };
    if (path.startsWith(`${point}/`)) return { store: mounted, inner: path.slice(point.length) };
    return { store: base, inner: path };
  };
  const on = <T>(path: string, use: (store: FileStore, inner: string) => Promise<T>): Promise<T> => {
    const { store, inner } = place(path);
    return use(store, inner);
  };
  return {
    stat: (path) => on(path, (store, inner) => store.stat(inner)),
    names: (path) => on(path, (store, inner) => store.names(inner)),
    read: (path) => on(path, (store, inner) => store.read(inner)),
    write: (path, data, wish) => on(path, (store, inner) => store.write(inner, data, wish)),
    makeDirectory: (path, wish) => on(path, (store, inner) => store.makeDirectory(inner, wish)),
    link: (target, path, owner) => on(path, (store, inner) => store.link(target, inner, owner)),
    setMode: (path, mode) => on(path, (store, inner) => store.setMode(inner, mode)),
    rename: (from, to) => {
      const [source, target] = [place(from), place(to)];
      if (source.store !== target.store) throw new FileProblem(to, "is on another file system");
      return source.store.rename(source.inner, target.inner);
    },
    remove: (path) => on(path, (store, inner) => store.remove(inner)),
  };
}
