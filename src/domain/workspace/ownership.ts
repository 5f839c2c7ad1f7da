import { constants, type Stats } from "node:fs";
import { lchown, lstat, open, readdir, readlink, type FileHandle } from "node:fs/promises";
import { MoorageError } from "../../base/errors.ts";

type Owner = { readonly uid: number; readonly gid: number };

/** Who works in a workspace that belongs to root. */
export const JOB_USER: Owner = { uid: 1000, gid: 1000 };

const ROOT = 0;
const SET_ID_BITS = 0o6000;
/** Of a tree whose directories somebody moves about while it is walked. */
const MAX_PASSES = 10;

/** What of a workspace belonged to JOB_USER before it was lent: that stays theirs. */
export type Loan = { readonly path: string; readonly kept: ReadonlySet<string> };

/**
 * Lends root's workspace to JOB_USER. Groups stay as they are, and so do files with set-id bits, which a change of owner
 * would take from them.
 */
export async function lend(path: string): Promise<Loan> {
  const kept = new Set<string>();
  const loan: Loan = { path, kept };
  try {
    await changeOwners(path, (info) => {
      if (info.uid === JOB_USER.uid) kept.add(inode(info));
      const untouchable = info.isFile() && (info.mode & SET_ID_BITS) !== 0;
      return info.uid === ROOT && !untouchable ? { uid: JOB_USER.uid, gid: info.gid } : undefined;
    });
  } catch (error) {
    await takeBack(loan).catch(() => undefined);
    throw error;
  }
  return loan;
}

/** What in a workspace is JOB_USER's already: of what is lent for long, this has to be written down before. */
export async function heldBefore(path: string): Promise<readonly string[]> {
  const held = new Set<string>();
  await changeOwners(path, (info) => {
    if (info.uid === JOB_USER.uid) held.add(inode(info));
    return undefined;
  });
  return [...held];
}

/**
 * Gives everything of JOB_USER in the workspace to root; the kernel takes set-id bits from files at that. What cannot be
 * given back keeps nothing else from it: it is answered as a sentence; undefined where there is none.
 */
export async function takeBack({ path, kept }: Loan): Promise<string | undefined> {
  const failures: unknown[] = [];
  const decide = (info: Stats): Owner | undefined => {
    if (info.uid !== JOB_USER.uid || kept.has(inode(info))) return undefined;
    return { uid: ROOT, gid: info.gid === JOB_USER.gid ? ROOT : info.gid };
  };
  await changeOwners(path, decide, (error) => void (failures[0] ??= error));
  if (failures.length === 0) return undefined;
  return `Not all of the workspace ${JSON.stringify(path)} could be given back to root; the first failure: ${String(failures[0])}.`;
}

function inode({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

type Decide = (info: Stats) => Owner | undefined;
/** Called where an entry, or what is in it, cannot be changed; then the walk goes on. */
type OnFailure = (error: unknown) => void;

type Walk = { readonly path: string; readonly decide: Decide; readonly onFailure: OnFailure };

/** Changes the owner of a tree's entries, however deep it is. Linux only. */
async function changeOwners(path: string, decide: Decide, onFailure: OnFailure = fail): Promise<void> {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) if (await walked({ path, decide, onFailure })) return;
  const message = `The directories in the workspace ${JSON.stringify(path)} are being moved about.`;
  throw new MoorageError("CONFLICT", message, { hint: "Try again when nothing else changes the directory." });
}

/** A directory that has been entered. */
type Level = { readonly inode: string; readonly below: Buffer[] };

/**
 * One directory is held open at a time and its entries are named through it, so that nobody who writes there can make it
 * reach outside by a symlink, and no depth is too deep. False: a directory is no longer where it was entered, so that
 * there is no way back from it.
 */
async function walked(walk: Walk): Promise<boolean> {
  let here = await openDirectory(walk.path);
  const go = async (name: string | Buffer): Promise<void> => {
    const before = here;
    here = await openDirectory(within(before, name));
    await before.close();
  };
  try {
    await requirePlace(here.fd, walk.path);
    const way = [await entered(here, walk)];
    for (let level = way.at(-1); level !== undefined; level = way.at(-1)) {
      const name = level.below.pop();
      if (name === undefined) {
        way.pop();
        const above = way.at(-1);
        if (above === undefined) return true;
        await go("..");
        if (inode(await here.stat()) !== above.inode) return false;
      } else if (await attempt(walk, () => go(name))) way.push(await entered(here, walk));
    }
    return true;
  } finally {
    await here.close();
  }
}

/** Changes the directory and all in it but directories. */
async function entered(directory: FileHandle, walk: Walk): Promise<Level> {
  const info = await directory.stat();
  await attempt(walk, async () => {
    const owner = walk.decide(info);
    if (owner !== undefined) await directory.chown(owner.uid, owner.gid);
  });
  const below: Buffer[] = [];
  await attempt(walk, async () => {
    for (const entry of await readdir(within(directory, ""), { withFileTypes: true, encoding: "buffer" })) {
      if (entry.isDirectory()) below.push(entry.name);
      else await attempt(walk, () => changeEntry(within(directory, entry.name), walk.decide));
    }
  });
  return { inode: inode(info), below };
}

function openDirectory(path: string | Buffer): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function within({ fd }: FileHandle, name: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), Buffer.from(name)]);
}

/** Of the way to the tree a part may have been replaced by a symlink since it was looked at. */
async function requirePlace(descriptor: number, path: string): Promise<void> {
  const place = await readlink(`/proc/self/fd/${descriptor}`);
  if (place === path) return;
  const message = `The workspace ${JSON.stringify(path)} leads to ${JSON.stringify(place)} by now.`;
  throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, { hint: "Name the directory where it really is." });
}

async function changeEntry(name: Buffer, decide: Decide): Promise<void> {
  const owner = decide(await lstat(name));
  if (owner !== undefined) await lchown(name, owner.uid, owner.gid);
}

/** True where it was done; what somebody has removed or replaced meanwhile is not ours to change. */
async function attempt({ onFailure }: Walk, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const gone =
      error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code));
    if (!gone) onFailure(error);
    return false;
  }
}

function fail(error: unknown): never {
  throw error;
}
