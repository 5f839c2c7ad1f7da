import { realpath, stat } from "node:fs/promises";
import { deadlineSignal } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { SandboxCreate } from "../../contracts/types.ts";
import type { DirectoryUse, SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { removedMeanwhile } from "../sandbox/transition.ts";
import { allowedDirectory, type HostDirectory } from "./host-directory.ts";
import { heldBefore, JOB_USER, lend, takeBack, type Loan } from "./ownership.ts";

const ROOT = 0;
/** The row of the sandbox holds them all. */
const MAX_KEPT = 10_000;
/** How long a large directory is counted before a sandbox is made in it. */
const COUNT_MS = 10_000;

type Wish = Pick<SandboxCreate, "workspace" | "shareWorkspace">;

/** The directory that a `--workspace` names; undefined where it names a volume, or nothing. */
function directoryWish({ workspace }: Wish): string | undefined {
  return workspace?.startsWith("volume:") === true ? undefined : workspace;
}

/** The directory of the host that a new sandbox asks for. Its programs have its owner's ids, and never root's. */
export async function planDirectory(context: DomainContext, wish: Wish): Promise<DirectoryUse | null> {
  const given = directoryWish(wish);
  if (given === undefined) return null;
  const directory = await allowedDirectory(context, given);
  const { path, uid, gid } = directory;
  const shared = wish.shareWorkspace ?? false;
  const place = { path, shared, bytesBefore: await context.engine.disk.directory(path, deadlineSignal(COUNT_MS)) };
  if (context.hostUser === undefined) return { ...place, user: null, loan: null };
  if (uid !== ROOT) return { ...place, user: { uid, gid }, loan: null };
  refuseLoan(context, directory, shared);
  return { ...place, user: JOB_USER, loan: { kept: null } };
}

function refuseLoan({ hostUser }: DomainContext, { path }: HostDirectory, shared: boolean): void {
  const belongs = `The workspace ${JSON.stringify(path)} belongs to root`;
  const give = `give it to an ordinary user: chown -R 1000:1000 ${path}`;
  if (hostUser?.uid !== ROOT) {
    const message = `${belongs}, and only a Moorage that runs as root can lend it to a sandbox.`;
    throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, {
      hint: `Use a directory that does not, or, as root, ${give}.`,
    });
  }
  if (shared) {
    const message = `${belongs}, so it is lent to one sandbox alone and cannot be shared.`;
    throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, { hint: `Leave --share-workspace out, or ${give}.` });
  }
}

/**
 * Before a sandbox is started: looks once more where its directory is, now that the store keeps everybody else out, and
 * lends it where that is due. CONFLICT, and nothing is lent, when a removal has taken the sandbox from who starts it.
 */
export async function enterDirectory(context: DomainContext, row: SandboxRow): Promise<void> {
  const { store } = context;
  const { id, directory, pending } = row;
  if (directory === null) return;
  await confirmDirectory(directory);
  const { path, loan } = directory;
  if (loan === null) return;
  const kept = loan.kept ?? (await heldBefore(path));
  if (kept.length > MAX_KEPT) throw tooManyKept(path, kept.length);
  const from = { pending: pending?.id ?? null };
  const written = { directory: { ...directory, loan: { kept } } };
  // First written down, then lent: whatever happens in between, root gets back what is root's and nothing else.
  if ((await store.sandboxes.transition(id, from, written)) === undefined) throw removedMeanwhile(row);
  await lend(path);
  const now = await store.sandboxes.get(id);
  if (now !== undefined && now.pending?.id === pending?.id) return;
  // The removal may have given it back before all of it was lent.
  await giveBack(context, row, { path, kept: new Set(kept) });
  throw removedMeanwhile(row);
}

/**
 * Refuses a directory that is gone or leads elsewhere by now: it may have been replaced since the sandbox was made. The
 * roots are not asked again: without a server they go by where each command is given.
 */
export async function confirmDirectory({ path }: DirectoryUse): Promise<void> {
  const shown = JSON.stringify(path);
  const found = await placeOf(path);
  if (found === undefined) {
    throw new MoorageError("WORKSPACE_NOT_FOUND", `The workspace ${shown} of this sandbox is gone.`, {
      hint: "Put the directory back in its place, or remove the sandbox.",
    });
  }
  if (found === path) return;
  const message = `The workspace ${shown} of this sandbox is another one by now: it leads to ${JSON.stringify(found)}.`;
  throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, {
    hint: "Put the directory back in its place, or remove the sandbox and create one for the other directory.",
  });
}

/**
 * When nothing of the sandbox runs any more: gives a lent directory back, where it is still in its place. The directory
 * itself stays as it is.
 */
export async function leaveDirectory(context: DomainContext, row: SandboxRow): Promise<void> {
  if (row.directory === null || row.directory.loan === null) return;
  // The loan may have been written down since the row was read.
  const { path, loan } = (await context.store.sandboxes.get(row.id))?.directory ?? row.directory;
  if (loan === null || loan.kept === null || (await placeOf(path)) !== path) return;
  await giveBack(context, row, { path, kept: new Set(loan.kept) });
}

async function giveBack({ logger }: DomainContext, { id: sandboxId, owner }: SandboxRow, loan: Loan): Promise<void> {
  const left = await takeBack(loan);
  if (left !== undefined) logger.warn({ sandboxId, owner }, left);
}

/** Where a path leads that is a directory; undefined where it is none. */
async function placeOf(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code))) {
      return undefined;
    }
    throw error;
  }
}

function tooManyKept(path: string, count: number): MoorageError {
  const message = `The workspace ${JSON.stringify(path)} belongs to root, but ${count} files in it to user ${JOB_USER.uid}; at most ${MAX_KEPT} can be told apart when it is given back.`;
  return new MoorageError("WORKSPACE_NOT_ALLOWED", message, {
    hint: `Let it belong to one of both: chown -R 1000:1000 ${path}`,
  });
}
