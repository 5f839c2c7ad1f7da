import { isMoorageError, MoorageError } from "../../base/errors.ts";

type Row = {
  readonly code: "FILE_NOT_FOUND" | "PATH_NOT_ALLOWED" | "CONFLICT" | "DISK_FULL";
  readonly what: string;
  readonly hint: string;
};

const CHECK_NAME = "Check the spelling; relative paths start at the current directory.";
const CHECK_MODE = "Check the permissions of the file and of the directories above it.";

const FREE_SPACE = "Free some space there, or choose another place.";

const ROWS: Readonly<Record<string, Row>> = {
  ENOENT: { code: "FILE_NOT_FOUND", what: "does not exist", hint: CHECK_NAME },
  ENOTDIR: { code: "CONFLICT", what: "is not a directory, and is needed as one", hint: CHECK_NAME },
  EISDIR: { code: "CONFLICT", what: "is a directory where a file is needed", hint: CHECK_NAME },
  ENOTEMPTY: { code: "CONFLICT", what: "is a directory where a file is needed", hint: CHECK_NAME },
  ELOOP: {
    code: "PATH_NOT_ALLOWED",
    what: "is a symbolic link, and links are not followed here",
    hint: "Name the directory itself.",
  },
  EACCES: { code: "PATH_NOT_ALLOWED", what: "may not be used: permission denied", hint: CHECK_MODE },
  EPERM: { code: "PATH_NOT_ALLOWED", what: "may not be used: not permitted", hint: CHECK_MODE },
  ENOSPC: { code: "DISK_FULL", what: "cannot be written to its end: the disk is full", hint: FREE_SPACE },
  EDQUOT: { code: "DISK_FULL", what: "cannot be written to its end: the quota is used up", hint: FREE_SPACE },
  EROFS: { code: "PATH_NOT_ALLOWED", what: "is on a read-only file system", hint: "Choose another place." },
};

/** An error of this host's file system, told about the path that it was met at. */
export function hostFileError(error: unknown, path: string): MoorageError {
  if (isMoorageError(error)) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const shown = JSON.stringify(path);
  const row = ROWS[code];
  if (row !== undefined)
    return new MoorageError(row.code, `${shown} on this host ${row.what}.`, { hint: row.hint, cause: error });
  const reason = code === "" ? "an error that was not expected" : code;
  const hint = "Check the free space and the state of the disk.";
  return new MoorageError("INTERNAL", `Using ${shown} on this host failed: ${reason}.`, { hint, cause: error });
}
