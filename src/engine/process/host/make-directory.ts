import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

const ATTEMPTS = 6;

/**
 * Makes a directory with what is missing above it. A parent that somebody removes in between is made again, but not for
 * ever: Node's own recursive mkdir does not end where the kernel says time and again that there is none.
 */
export async function makeDirectory(path: string, mode = 0o755, attempts = ATTEMPTS): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || attempts === 0) throw error;
    await makeDirectory(dirname(path), mode, attempts - 1);
    await makeDirectory(path, mode, attempts - 1);
  }
}
