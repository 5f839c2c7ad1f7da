import { posix } from "node:path";
import { isMoorageError } from "../../base/errors.ts";
import type { CopyContext } from "./copy-context.ts";
import { plainPath, type SandboxPlace } from "./place.ts";

export type SandboxKind = "directory" | "other" | "missing";

/** What a path of a sandbox is. A path that ends in `/` is meant as a directory, whether it is there or not. */
export async function kindInSandbox({ id, path: given }: SandboxPlace, context: CopyContext): Promise<SandboxKind> {
  const path = plainPath(given);
  if (path === "/workspace" || given.endsWith("/") || given.endsWith("/.")) return "directory";
  const siblings = await names({ id, path: posix.dirname(path) }, context);
  const type = siblings?.find(({ name }) => name === posix.basename(path))?.type;
  if (type === undefined) return "missing";
  if (type !== "symlink") return type === "directory" ? "directory" : "other";
  return (await names({ id, path }, context)) === undefined ? "other" : "directory";
}

/** The names in a directory; undefined where there is no such directory. */
async function names(input: { readonly id: string; readonly path: string }, { platform, signal }: CopyContext) {
  try {
    return (await platform.file.list(input, { signal })).items;
  } catch (error) {
    if (isMoorageError(error) && (error.code === "FILE_NOT_FOUND" || error.code === "INVALID_INPUT")) return undefined;
    throw error;
  }
}
