import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { FileProblem, type FileStore, type Owner, type StoredEntry } from "./file-store.ts";

/** A directory of the host as a store whose root is `/`: a host workspace of a memory unit is this very directory. */
export function createHostStore(root: string): FileStore {
  const at = (path: string): string => join(root, path);
  return {
    stat: (path) => look(at(path)),
    names: (path) => told(path, readdir(at(path))),
    read: (path) => told(path, readFile(at(path))),
    write: async (path, data, { mode, owner, modifiedAt }) => {
      const existed = (await look(at(path))) !== undefined;
      await told(path, writeFile(at(path), data, { mode }));
      if (!existed) await own(at(path), owner);
      if (modifiedAt !== undefined) await utimes(at(path), modifiedAt / 1000, modifiedAt / 1000);
    },
    makeDirectory: async (path, { mode, owner }) => {
      await told(path, mkdir(at(path), { mode }));
      await own(at(path), owner);
    },
    link: async (target, path, owner) => {
      await told(path, symlink(target, at(path)));
      if (process.getuid?.() === 0) await lchown(at(path), owner.uid, owner.gid);
    },
    setMode: (path, mode) => told(path, chmod(at(path), mode)),
    rename: (from, to) => told(to, rename(at(from), at(to))),
    remove: (path) => rm(at(path), { recursive: true, force: true }),
  };
}

async function look(path: string): Promise<StoredEntry | undefined> {
  try {
    const found = await lstat(path);
    const type = found.isSymbolicLink() ? "symlink" : found.isDirectory() ? "directory" : "file";
    return {
      type,
      mode: found.mode & 0o7777,
      owner: { uid: found.uid, gid: found.gid },
      modifiedAt: Math.trunc(found.mtimeMs),
      sizeBytes: type === "file" ? found.size : 0,
      target: type === "symlink" ? await readlink(path) : null,
    };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

// Only root may give files away; elsewhere they belong to who runs this process, as on any engine without root.
async function own(path: string, owner: Owner): Promise<void> {
  if (process.getuid?.() === 0) await chown(path, owner.uid, owner.gid);
}

async function told<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error) throw new FileProblem(path, String(error.code));
    throw error;
  }
}
