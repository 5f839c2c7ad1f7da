import { constants, link, lstat, open, rename, symlink, unlink } from "node:fs/promises";
import { newId } from "../../base/ids.ts";
import type { HostDirectory } from "./host-directory.ts";
import type { TarEntry } from "./tar-entries.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** A file under a name of a directory; what has the name is replaced, and a link there is not followed. */
export async function writeFileEntry(
  { header, content }: TarEntry,
  directory: HostDirectory,
  name: string,
): Promise<void> {
  const { mode, mtime } = header;
  await replace(directory, name, async (path) => {
    await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode & 0o777);
    await file.writeFile(content);
    await file.utimes(mtime, mtime);
  });
}

export async function writeSymlink(target: string, directory: HostDirectory, name: string): Promise<void> {
  await replace(directory, name, (path) => symlink(target, path));
}

export type Named = { readonly directory: HostDirectory; readonly name: string };

/** A second name for a file that was unpacked before. False where what is there is not a plain file. */
export async function writeHardLink(original: Named, { directory, name }: Named): Promise<boolean> {
  const existing = original.directory.at(original.name);
  if (!(await lstat(existing)).isFile()) return false;
  await replace(directory, name, (path) => link(existing, path));
  return true;
}

// Made under a name that nobody knows and then moved: a reader never sees half a file, and nothing is written through
// what has the name already.
async function replace(directory: HostDirectory, name: string, make: (path: string) => Promise<void>): Promise<void> {
  const temporary = directory.at(`.moorage-${newId()}`);
  try {
    await make(temporary);
    await rename(temporary, directory.at(name));
  } finally {
    // There after a failure, and where both names were one file already.
    await unlink(temporary).catch(() => undefined);
  }
}
