import { MoorageError } from "../../../base/errors.ts";
import { WORKSPACE } from "../launch/bubblewrap-arguments.ts";
import { REFUSED } from "./file-scripts.ts";

export type FileEnd = { readonly code: number; readonly complaints: string };

/** The error of a file script that ended with another code than 0. */
export function fileError(what: string, path: string, { code, complaints }: FileEnd): MoorageError {
  const details = { path };
  switch (code) {
    case REFUSED.outside:
      return notAllowed(path);
    case REFUSED.missing:
      return new MoorageError("FILE_NOT_FOUND", `There is no ${JSON.stringify(path)} in the sandbox.`, { details });
    case REFUSED.noDirectory:
      return new MoorageError("INVALID_INPUT", `${JSON.stringify(path)} is no directory.`, {
        hint: "Name a directory.",
        details,
      });
    default:
      return programError(what, path, { code, complaints });
  }
}

export function notAllowed(path: string): MoorageError {
  return new MoorageError(
    "PATH_NOT_ALLOWED",
    `${JSON.stringify(path)} is not inside ${WORKSPACE}, or leads out of it by a link.`,
    {
      details: { path },
    },
  );
}

function programError(what: string, path: string, { code, complaints }: FileEnd): MoorageError {
  const last = complaints.trim().split("\n")[0] ?? "";
  const message = `${what} ${JSON.stringify(path)} failed: ${last || `the program ended with ${code}`}.`;
  const details = { path, complaints: complaints.trim() };
  if (/no space left|disk quota/i.test(complaints)) {
    return new MoorageError("LIMIT_EXCEEDED", message, { hint: "Remove files, or use a larger workspace.", details });
  }
  if (/not a directory|is a directory|file exists/i.test(complaints)) {
    const hint = "Something of another kind stands in its place: remove it first, or choose another path.";
    return new MoorageError("INVALID_INPUT", message, { hint, details });
  }
  if (/permission denied|operation not permitted/i.test(complaints)) {
    const hint = "The file belongs to another user of the host: change its owner or its permissions.";
    return new MoorageError("PATH_NOT_ALLOWED", message, { hint, details });
  }
  return new MoorageError("ENGINE_FAILED", message, { details });
}
