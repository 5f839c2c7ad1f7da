import { randomBytes } from "node:crypto";
import { link, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { hostFileError } from "./host-file-error.ts";

export type NewFile = {
  /** Absolute. */
  readonly path: string;
  /** As the user wrote it. */
  readonly given: string;
  /** Takes the place of a file that is there. */
  readonly replace: boolean;
};

/** CONFLICT where the file is there and is not to be replaced, before anything is begun. */
export async function refuseExisting({ path, given, replace }: NewFile): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || (replace && !found.isDirectory())) return;
  throw found.isDirectory() ? isDirectory(given) : exists(given);
}

/**
 * Writes a file of this host from a source of any length, and answers its size. It has its name once it is whole; what was
 * written of one that failed is removed.
 */
export async function writeNewFile(file: NewFile, source: AsyncIterable<Uint8Array>): Promise<number> {
  const { path, given } = file;
  const partial = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString("hex")}.partial`);
  const handle = await open(partial, "wx", 0o644).catch((error: unknown) => {
    throw hostFileError(error, given);
  });
  try {
    let bytes = 0;
    for await (const chunk of source) {
      await handle.writeFile(chunk).catch((error: unknown) => {
        throw hostFileError(error, given);
      });
      bytes += chunk.length;
    }
    await settle(file, partial).catch((error: unknown) => {
      throw hostFileError(error, given);
    });
    return bytes;
  } finally {
    await handle.close();
    await rm(partial, { force: true });
  }
}

/** A link takes no other's place, also where the file came meanwhile. */
async function settle({ path, given, replace }: NewFile, partial: string): Promise<void> {
  if (replace) return rename(partial, path);
  await link(partial, path).catch((error: unknown) => {
    throw error instanceof Error && "code" in error && error.code === "EEXIST" ? exists(given) : error;
  });
}

function exists(given: string): MoorageError {
  return new MoorageError("CONFLICT", `${JSON.stringify(given)} on this host is there already.`, {
    hint: "Replace it with --force, or choose another name.",
  });
}

function isDirectory(given: string): MoorageError {
  return new MoorageError("CONFLICT", `${JSON.stringify(given)} on this host is a directory where a file is needed.`, {
    hint: "Name the file to write, such as image.tar.",
  });
}
