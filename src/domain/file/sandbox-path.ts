import { posix } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";

/** As file systems have it. */
const MAX_NAME_BYTES = 255;

/**
 * The absolute path inside the sandbox of what a caller named, confined to the workspace by its spelling; that no
 * symlink leads out is for the engine to check.
 */
export function sandboxPath(path: string): string {
  if (path.split("/").includes("..")) throw notAllowed(path, "it contains `..`");
  const absolute = posix.normalize(posix.join(path.startsWith("/") ? "/" : WORKSPACE, path)).replace(/(?<=.)\/$/, "");
  if (absolute !== WORKSPACE && !absolute.startsWith(`${WORKSPACE}/`)) {
    throw notAllowed(path, `it is absolute and not below ${WORKSPACE}`);
  }
  const tooLong = absolute.split("/").find((name) => Buffer.byteLength(name) > MAX_NAME_BYTES);
  if (tooLong !== undefined) {
    const message = `A name of the path has ${Buffer.byteLength(tooLong)} bytes; expected at most ${MAX_NAME_BYTES}.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Choose a shorter name." });
  }
  return absolute;
}

/** As `sandboxPath`, for what is changed or removed: the workspace itself is refused. */
export function entryPath(path: string): string {
  const absolute = sandboxPath(path);
  if (absolute === WORKSPACE) throw notAllowed(path, "it is the workspace itself");
  return absolute;
}

function notAllowed(path: string, why: string): MoorageError {
  return new MoorageError("PATH_NOT_ALLOWED", `The path ${JSON.stringify(path)} is not allowed: ${why}.`);
}
