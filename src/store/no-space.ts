import { MoorageError } from "../base/errors.ts";

/** The disk of the state is full. `path`: what could not be written. */
export function noSpaceForState(path: string, cause: unknown): MoorageError {
  return new MoorageError("DISK_FULL", `There is no space left for the state in ${path}; nothing was written.`, {
    hint: "Free space on the disk of MOORAGE_HOME. What had begun is recorded as soon as there is room.",
    cause,
  });
}
