import { MoorageError } from "../../base/errors.ts";
import type { Workspace } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { allowedDirectory } from "./host-directory.ts";
import { JOB_USER } from "./ownership.ts";
import { treeHash } from "./tree-hash.ts";

const MEMORY_WORKSPACE_BYTES = 256 * 1024 * 1024;
const ROOT = 0;

type User = { readonly uid: number; readonly gid: number };

/** The workspace of one job, and the user who can write there. */
export type JobWorkspace = {
  readonly mount: Workspace;
  readonly user: User | undefined;
  readonly path: string | null;
  /** True: it belongs to root, so it is lent to JOB_USER for the run. */
  readonly handedOver: boolean;
  readonly hashBefore: string | null;
};

/** Without a directory of the host, a job works in memory. */
export async function jobWorkspace(context: DomainContext, given: string | undefined): Promise<JobWorkspace> {
  if (given === undefined) {
    const mount: Workspace = { type: "memory", sizeBytes: MEMORY_WORKSPACE_BYTES };
    return { mount, user: jobUser(context), path: null, handedOver: false, hashBefore: null };
  }
  const { path, uid, gid } = await allowedDirectory(context, given);
  const handedOver = context.hostUser?.uid === ROOT && uid === ROOT;
  const user = handedOver ? JOB_USER : { uid, gid };
  return { mount: { type: "host", path }, user, path, handedOver, hashBefore: await treeHash(path) };
}

/**
 * Checks once more what was planned, now that the store keeps other jobs out of the directories above and below: a job
 * that ran there until then may have put something else in the place of what was looked at.
 */
export async function confirmWorkspace(
  context: DomainContext,
  { path, handedOver, user }: JobWorkspace,
): Promise<void> {
  if (path === null) return;
  const now = await allowedDirectory(context, path);
  if (now.path === path && now.uid === (handedOver ? ROOT : user?.uid)) return;
  const message = `The workspace ${JSON.stringify(path)} changed while the job was being prepared.`;
  throw new MoorageError("CONFLICT", message, { hint: "Run it again, when nothing else changes the directory." });
}

function jobUser({ hostUser }: DomainContext): User | undefined {
  return hostUser?.uid === ROOT ? JOB_USER : hostUser;
}
