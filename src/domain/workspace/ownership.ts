import { constants } from "node:fs";
import { lchown, lstat, open, readdir } from "node:fs/promises";

type Owner = { readonly uid: number; readonly gid: number };

/** Who works in a workspace that belongs to root. */
export const JOB_USER: Owner = { uid: 1000, gid: 1000 };

/**
 * Gives everything below `path` that belongs to `from` to `to`. Each directory is held open and its entries are named
 * through it, so that nobody who writes there can make it reach outside by a symlink. Linux only. Set-id bits are
 * cleared by the kernel.
 */
export async function changeOwner(path: string | Buffer, from: number, to: Owner): Promise<void> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const here = `/proc/self/fd/${directory.fd}`;
    if ((await directory.stat()).uid === from) await directory.chown(to.uid, to.gid);
    for (const entry of await readdir(here, { withFileTypes: true, encoding: "buffer" })) {
      const name = Buffer.concat([Buffer.from(`${here}/`), entry.name]);
      if (entry.isDirectory()) await changeSubdirectory(name, from, to);
      else await changeEntry(name, from, to);
    }
  } finally {
    await directory.close();
  }
}

async function changeEntry(name: Buffer, from: number, to: Owner): Promise<void> {
  try {
    if ((await lstat(name)).uid === from) await lchown(name, to.uid, to.gid);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function changeSubdirectory(name: Buffer, from: number, to: Owner): Promise<void> {
  try {
    await changeOwner(name, from, to);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

// Somebody removed or replaced it meanwhile: then it is not ours to change.
function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code));
}
