import { constants, type Stats } from "node:fs";
import { lchown, lstat, open, readdir, readlink } from "node:fs/promises";
import { MoorageError } from "../../base/errors.ts";

type Owner = { readonly uid: number; readonly gid: number };

/** Who works in a workspace that belongs to root. */
export const JOB_USER: Owner = { uid: 1000, gid: 1000 };

const ROOT = 0;
const SET_ID_BITS = 0o6000;
/** Each level holds a descriptor while it is walked. */
const MAX_DEPTH = 256;

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
    // The same walk in the same order: it meets all that was changed before it fails where the first one did.
    await takeBack(loan).catch(() => undefined);
    throw error;
  }
  return loan;
}

/** What in a workspace is JOB_USER's already: of what is lent for long, this has to be written down before. */
export async function heldBefore(path: string): Promise<readonly string[]> {
  const held: string[] = [];
  await changeOwners(path, (info) => {
    if (info.uid === JOB_USER.uid) held.push(inode(info));
    return undefined;
  });
  return held;
}

/** Gives everything of JOB_USER in the workspace to root; the kernel takes set-id bits from files at that. */
export async function takeBack({ path, kept }: Loan): Promise<void> {
  await changeOwners(path, (info) => {
    if (info.uid !== JOB_USER.uid || kept.has(inode(info))) return undefined;
    return { uid: ROOT, gid: info.gid === JOB_USER.gid ? ROOT : info.gid };
  });
}

function inode({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

type Decide = (info: Stats) => Owner | undefined;

/**
 * Changes the owner of a tree's entries. Each directory is held open and its entries are named through it, so that
 * nobody who writes there can make it reach outside by a symlink. Linux only.
 */
async function changeOwners(path: string | Buffer, decide: Decide, depth = 0): Promise<void> {
  if (depth > MAX_DEPTH) throw tooDeep();
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const directory = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    if (depth === 0) await requirePlace(directory.fd, path);
    const owner = decide(await directory.stat());
    if (owner !== undefined) await directory.chown(owner.uid, owner.gid);
    const here = `/proc/self/fd/${directory.fd}/`;
    for (const entry of await readdir(here, { withFileTypes: true, encoding: "buffer" })) {
      const name = Buffer.concat([Buffer.from(here), entry.name]);
      const change = entry.isDirectory() ? changeOwners(name, decide, depth + 1) : changeEntry(name, decide);
      await change.catch(ignoreGone);
    }
  } finally {
    await directory.close();
  }
}

/** Of the way to the tree a part may have been replaced by a symlink since it was looked at. */
async function requirePlace(descriptor: number, path: string | Buffer): Promise<void> {
  const place = await readlink(`/proc/self/fd/${descriptor}`);
  if (place === String(path)) return;
  const message = `The workspace ${JSON.stringify(String(path))} leads to ${JSON.stringify(place)} by now.`;
  throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, { hint: "Name the directory where it really is." });
}

function tooDeep(): MoorageError {
  const message = `The workspace is nested deeper than ${MAX_DEPTH} directories, so it cannot be lent to a job.`;
  return new MoorageError("WORKSPACE_NOT_ALLOWED", message, { hint: "Use a workspace that does not belong to root." });
}

async function changeEntry(name: Buffer, decide: Decide): Promise<void> {
  const owner = decide(await lstat(name));
  if (owner !== undefined) await lchown(name, owner.uid, owner.gid);
}

// Somebody removed or replaced it meanwhile: then it is not ours to change.
function ignoreGone(error: unknown): void {
  const gone = error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code));
  if (!gone) throw error;
}
