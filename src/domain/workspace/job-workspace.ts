import type { Workspace } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { allowedDirectory } from "./host-directory.ts";
import { changeOwner, JOB_USER } from "./ownership.ts";
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
  const { path, uid, gid } = await allowedDirectory(context.policy, given);
  const handedOver = context.hostUser?.uid === ROOT && (uid === ROOT || (await isLent(context, path)));
  const user = handedOver ? JOB_USER : { uid, gid };
  return { mount: { type: "host", path }, user, path, handedOver, hashBefore: await treeHash(path) };
}

function jobUser({ hostUser }: DomainContext): User | undefined {
  return hostUser?.uid === ROOT ? JOB_USER : hostUser;
}

/** Another job that runs now has borrowed the same directory from root. */
async function isLent({ store }: DomainContext, path: string, except?: string): Promise<boolean> {
  const open = await store.runs.open();
  return open.some((run) => run.workspaceHandedOver && run.workspacePath === path && run.id !== except);
}

export async function handOver(path: string): Promise<void> {
  await changeOwner(path, ROOT, JOB_USER);
}

/** Back to root, unless another job still works there: then that one does it. */
export async function giveBack(context: DomainContext, runId: string, path: string): Promise<void> {
  if (await isLent(context, path, runId)) return;
  await changeOwner(path, JOB_USER.uid, { uid: ROOT, gid: ROOT });
}
