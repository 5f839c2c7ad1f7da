import { stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import type { CopyContext } from "./copy-context.ts";
import { HostDirectory } from "./host-directory.ts";
import { hostFileError } from "./host-file-error.ts";
import { meansContents, plainPath, type HostPlace, type SandboxPlace } from "./place.ts";
import { tarEntries } from "./tar-entries.ts";
import type { Landing } from "./tree-writer.ts";
import { unpackTree, type CopyReport, type Land } from "./unpack-tree.ts";

/** Copies a file or a tree out of a sandbox. */
export function download(source: SandboxPlace, target: HostPlace, context: CopyContext): Promise<CopyReport> {
  const { platform, signal, directory } = context;
  const tar = platform.raw.download({ id: source.id, path: plainPath(source.path) }, { signal });
  return unpackTree(tarEntries(tar), landAt(target.path, { directory, contents: meansContents(source.path) }));
}

type Target = { readonly directory: string; readonly contents: boolean };

/** As cp does it: into a directory that is there, else under the name that was given. */
function landAt(given: string, { directory, contents }: Target): Land {
  const path = resolve(directory, given);
  return async ({ name, type }) => {
    const kind = await kindOf(path);
    if (type === "file") {
      if (kind === "directory") return landing(path, name);
      if (given.endsWith("/")) throw notThere(given);
      return landing(dirname(path), basename(path));
    }
    if (kind === "other")
      throw new MoorageError(
        "CONFLICT",
        `${JSON.stringify(given)} on this host is a file, and a directory is copied to it.`,
      );
    if (kind === "missing") return landing(dirname(path), basename(path));
    return contents ? landing(path) : landing(path, name);
  };
}

async function landing(path: string, name?: string): Promise<Landing> {
  const directory = await HostDirectory.open(path).catch((error: unknown) => {
    throw hostFileError(error, path);
  });
  const dispose = (): Promise<void> => directory[Symbol.asyncDispose]();
  return { directory, ...(name === undefined ? {} : { name }), [Symbol.asyncDispose]: dispose };
}

async function kindOf(path: string): Promise<"directory" | "other" | "missing"> {
  try {
    return (await stat(path)).isDirectory() ? "directory" : "other";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "missing";
    throw hostFileError(error, path);
  }
}

function notThere(given: string): MoorageError {
  const hint = "Make the directory first, or leave the slash at the end out.";
  return new MoorageError("FILE_NOT_FOUND", `The directory ${JSON.stringify(given)} does not exist on this host.`, {
    hint,
  });
}
