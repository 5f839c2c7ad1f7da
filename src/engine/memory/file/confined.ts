import { MoorageError } from "../../../base/errors.ts";
import { FileProblem } from "./file-store.ts";
import type { MemoryUnit } from "../memory-host.ts";
import { resolvePath } from "./resolve-path.ts";

/** The physical path of a path of the workspace; PATH_NOT_ALLOWED when it is none, or links lead it out. */
export async function confined({ files }: MemoryUnit, path: string, followLast: boolean): Promise<string> {
  const at = await resolvePath(files, path, followLast).catch((error: unknown) => {
    if (!(error instanceof FileProblem)) throw error;
    throw new MoorageError("PATH_NOT_ALLOWED", `${error.message}; expected a path that ends somewhere.`, {
      cause: error,
    });
  });
  if (at === "/workspace" || at.startsWith("/workspace/")) return at;
  throw new MoorageError("PATH_NOT_ALLOWED", `${path} leads to ${at}; expected a path inside /workspace.`);
}
