import { isMoorageError, MoorageError, type ErrorOptions } from "../../base/errors.ts";

const WORKSPACE = "/workspace";

export function missing(path: string, cause?: unknown): MoorageError {
  return new MoorageError("FILE_NOT_FOUND", `There is no ${JSON.stringify(path)} in the sandbox.`, { cause });
}

export function leadsOut(path: string): MoorageError {
  const message = `${JSON.stringify(path)} is not inside ${WORKSPACE}, or leads out of it by a link.`;
  return new MoorageError("PATH_NOT_ALLOWED", message, { details: { path } });
}

export function noDirectory(path: string, cause?: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", `${JSON.stringify(path)} is no directory.`, {
    hint: "Name a directory.",
    cause,
  });
}

export function noFile(path: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `${JSON.stringify(path)} is not a file.`, {
    hint: "List a directory with `moorage file ls`.",
  });
}

export function taken(path: string, cause?: unknown): MoorageError {
  return new MoorageError("CONFLICT", `${JSON.stringify(path)} exists already.`, {
    hint: "Choose another name, or remove it first with `moorage file rm`.",
    cause,
  });
}

/** The file is another than the one that was read. */
export function changedMeanwhile(path: string): MoorageError {
  return new MoorageError("CONFLICT", `${JSON.stringify(path)} changed meanwhile; nothing was written.`, {
    hint: "Read it again, and repeat the change.",
  });
}

export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What the system says about a path, in our words. `doing` is such as "Reading". */
export function treeError(doing: string, path: string, cause: unknown): MoorageError {
  if (isMoorageError(cause)) return cause;
  const failed = `${doing} ${JSON.stringify(path)} failed`;
  const told = (code: ConstructorParameters<typeof MoorageError>[0], why: string, options: ErrorOptions = {}) =>
    new MoorageError(code, `${failed}: ${why}.`, { ...options, cause });
  switch (errnoOf(cause)) {
    case "ENOENT":
      return missing(path, cause);
    case "ENOTDIR":
      return noDirectory(path, cause);
    case "EEXIST":
    case "ENOTEMPTY":
      return taken(path, cause);
    case "ELOOP":
      return told("PATH_NOT_ALLOWED", "its links lead in a circle");
    case "ENAMETOOLONG":
      return told("INVALID_INPUT", "one of its names is longer than 255 bytes");
    case "ENOSPC":
    case "EDQUOT":
      return told("DISK_FULL", "there is no space left");
    case "EACCES":
    case "EPERM":
      return told("PATH_NOT_ALLOWED", "permission denied", {
        hint: "The file belongs to another user of the host: change its owner or its permissions.",
      });
    default:
      return told("ENGINE_FAILED", cause instanceof Error ? cause.message : String(cause));
  }
}
