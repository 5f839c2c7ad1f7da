import { realpath, stat } from "node:fs/promises";
import { isAbsolute, sep } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";

export type HostDirectory = { readonly path: string; readonly uid: number; readonly gid: number };

type Context = Pick<DomainContext, "policy" | "resident">;

/** What a directory is wanted as; messages call it so. */
type Use = "workspace" | "build directory" | "repository";

/**
 * A host directory that may be mounted or built from: it exists, and where all its symlinks lead is in an allowed root
 * and apart from Moorage's own state. What it answers has no symlinks any more.
 */
export async function allowedDirectory(
  context: Context,
  given: string,
  use: Use = "workspace",
): Promise<HostDirectory> {
  const { policy } = context;
  const shown = `${use} ${JSON.stringify(given)}`;
  if (!isAbsolute(given)) {
    const message = `The ${shown} is a relative path; expected an absolute one.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Begin it with /, as in /home/me/project." });
  }
  const path = await resolved(given, shown);
  const info = await stat(path);
  if (!info.isDirectory()) {
    const hint = "Name the directory that it is in.";
    throw new MoorageError("WORKSPACE_NOT_FOUND", `The ${shown} is not a directory.`, { hint });
  }
  const roots = await existing(policy.workspaceRoots);
  if (!roots.some((root) => path === root || isBelow(path, root))) {
    const lead = path === given ? "" : `, which leads to ${JSON.stringify(path)},`;
    const allowed = roots.length === 0 ? "none" : roots.join(", ");
    const message = `The ${shown}${lead} is not in an allowed root; allowed: ${allowed}.`;
    throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, { hint: rootsHint(context) });
  }
  for (const guarded of await existing(policy.protectedDirectories)) {
    if (isBelow(path, guarded) || isBelow(guarded, path) || path === guarded) {
      const message = `The ${shown} would lay ${guarded} open, which holds keys or Moorage's own state.`;
      throw new MoorageError("WORKSPACE_NOT_ALLOWED", message, {
        hint: "Name a directory that is neither in it nor above it, such as one of the project alone.",
      });
    }
  }
  return { path, uid: info.uid, gid: info.gid };
}

/** Who asks a server has another environment and another current directory than the server. */
function rootsHint({ resident }: Context): string {
  if (!resident) {
    return "Use a directory below one of them, or name the roots for this command: MOORAGE_WORKSPACE_ROOTS=DIR:DIR.";
  }
  const roots = "These are the server's roots: its own current directory and home, or its MOORAGE_WORKSPACE_ROOTS.";
  return `${roots} Use a directory below one of them, or start it again from there or with MOORAGE_WORKSPACE_ROOTS=DIR:DIR.`;
}

async function resolved(given: string, shown: string): Promise<string> {
  try {
    return await realpath(given);
  } catch (error) {
    const message = `The ${shown} does not exist.`;
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
