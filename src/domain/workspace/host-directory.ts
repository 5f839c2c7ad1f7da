import { realpath, stat } from "node:fs/promises";
import { isAbsolute, sep } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import type { Policy } from "../policy.ts";

export type HostDirectory = { readonly path: string; readonly uid: number; readonly gid: number };

/**
 * A host directory that may be mounted: it exists, and where all its symlinks lead is in an allowed root and apart
 * from Moorage's own state. What it answers has no symlinks any more.
 */
export async function allowedDirectory(policy: Policy, given: string): Promise<HostDirectory> {
  const shown = JSON.stringify(given);
  if (!isAbsolute(given)) {
    throw new MoorageError("INVALID_INPUT", `The workspace ${shown} is a relative path; expected an absolute one.`);
  }
  const path = await resolved(given);
  const info = await stat(path);
  if (!info.isDirectory()) throw new MoorageError("WORKSPACE_NOT_FOUND", `The workspace ${shown} is not a directory.`);
  const roots = await existing(policy.workspaceRoots);
  if (!roots.some((root) => path === root || isBelow(path, root))) {
    const lead = path === given ? "" : `, which leads to ${JSON.stringify(path)},`;
    const allowed = roots.length === 0 ? "none" : roots.join(", ");
    throw notAllowed(`The workspace ${shown}${lead} is not in an allowed root; allowed: ${allowed}.`);
  }
  for (const guarded of await existing(policy.protectedDirectories)) {
    if (isBelow(path, guarded) || isBelow(guarded, path) || path === guarded) {
      throw notAllowed(`The workspace ${shown} would lay Moorage's own state in ${guarded} open.`);
    }
  }
  return { path, uid: info.uid, gid: info.gid };
}

async function resolved(given: string): Promise<string> {
  try {
    return await realpath(given);
  } catch (error) {
    const message = `The workspace ${JSON.stringify(given)} does not exist.`;
    throw new MoorageError("WORKSPACE_NOT_FOUND", message, { cause: error });
  }
}

// A root that is not there allows nothing.
async function existing(directories: readonly string[]): Promise<string[]> {
  const found = await Promise.all(directories.map((path) => realpath(path).catch(() => undefined)));
  return found.filter((path) => path !== undefined);
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function notAllowed(message: string): MoorageError {
  return new MoorageError("WORKSPACE_NOT_ALLOWED", message);
}
