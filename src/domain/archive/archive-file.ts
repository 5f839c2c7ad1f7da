import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import type { DomainContext } from "../context.ts";

/** The workspace of an archived sandbox: one tar file, readable by Moorage's own user alone. */
function archivePath({ stateDirectory }: DomainContext, id: string): string {
  return join(stateDirectory, "archives", `${id}.tar`);
}

type Written = {
  readonly tar: AsyncIterable<Uint8Array>;
  /** Reads what was written, before it becomes the archive, and throws when it must not. */
  readonly check: (tar: AsyncIterable<Uint8Array>) => Promise<void>;
};

/** Writes the archive whole or not at all, safe from a loss of power once it returns. */
export async function writeArchive(context: DomainContext, id: string, { tar, check }: Written): Promise<void> {
  const path = archivePath(context, id);
  const partial = `${path}.partial`;
  const directory = dirname(path);
  try {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    await using file = await open(partial, "w", 0o600);
    for await (const chunk of tar) await file.writeFile(chunk);
    await file.sync();
    await check(bytesOf(partial));
    await rename(partial, path);
    await syncDirectory(directory);
    if (made !== undefined) await syncDirectory(dirname(directory));
  } catch (error) {
    await rm(partial, { force: true });
    throw unusable(path, "written", error);
  }
}

/** A new name is safe only once its directory is, whatever was done for the file itself. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

export async function* readArchive(context: DomainContext, id: string): AsyncGenerator<Uint8Array> {
  const path = archivePath(context, id);
  try {
    yield* bytesOf(path);
  } catch (error) {
    throw unusable(path, "read", error);
  }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) yield chunk;
}

export async function discardArchive(context: DomainContext, id: string): Promise<void> {
  const path = archivePath(context, id);
  await rm(path, { force: true });
  await rm(`${path}.partial`, { force: true });
}

function unusable(path: string, what: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !("syscall" in cause)) return cause;
  return new MoorageError("STATE_UNUSABLE", `The archive ${path} cannot be ${what}: ${cause.message}.`, {
    hint: "Check that there is room under MOORAGE_HOME and that the file is there.",
    cause,
  });
}
