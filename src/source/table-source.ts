import { contentThroughLinks } from "./content-through-links.ts";
import type { FileEntry, Found, Opened, Source } from "./entry.ts";

type Table = {
  /** Each directory before what is in it. */
  readonly entries: ReadonlyMap<string, Found>;
  readonly open: (entry: FileEntry) => Promise<Opened | undefined>;
  readonly close?: () => Promise<void>;
};

/** A source whose entries are all known: a map of files, or an archive that was looked through. */
export function tableSource({ entries, open, close }: Table): Source {
  return {
    content: (path, most) =>
      contentThroughLinks(path, {
        most,
        linkAt: (at) => {
          const entry = entries.get(at);
          return entry?.type === "symlink" ? entry.target : undefined;
        },
        open: async (at) => {
          const entry = entries.get(at);
          return entry?.type === "file" ? open(entry) : undefined;
        },
      }),
    walk: async function* ({ enters }) {
      const closed = new Set<string>();
      for (const entry of entries.values()) {
        if (isBelow(entry.path, closed)) continue;
        yield entry;
        if (entry.type === "directory" && !enters(entry.path)) closed.add(entry.path);
      }
    },
    open,
    [Symbol.asyncDispose]: async () => close?.(),
  };
}

function isBelow(path: string, directories: ReadonlySet<string>): boolean {
  if (directories.size === 0) return false;
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    if (directories.has(path.slice(0, at))) return true;
  }
  return false;
}
