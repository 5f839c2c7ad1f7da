import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { newId } from "../../../base/ids.ts";
import { noSpaceForState } from "../../../store/no-space.ts";
import type { DomainContext } from "../../context.ts";

const PARTIAL = ".partial";
const PIECE_BYTES = 256 * 1024;
/** A file that nobody has written to for so long is nobody's. */
const ABANDONED_MS = 3_600_000;

type State = Pick<DomainContext, "stateDirectory">;

function directoryOf({ stateDirectory }: State): string {
  return join(stateDirectory, "contexts");
}

function pathOf(state: State, id: string): string {
  return join(directoryOf(state), `${id}.tar`);
}

/** Writes the archive of a context whole or not at all. */
export async function writeStaged(
  state: State,
  id: string,
  { tar, signal }: { readonly tar: AsyncIterable<Uint8Array>; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const path = pathOf(state, id);
  const partial = `${path}${PARTIAL}`;
  try {
    await mkdir(directoryOf(state), { recursive: true, mode: 0o700 });
    await using file = await open(partial, "wx", 0o600);
    for await (const chunk of tar) {
      throwIfCanceled(signal);
      await file.writeFile(chunk);
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw unusable(path, error);
  }
}

/** Holds the archive open: it can be read as long, even when it is removed. */
export async function openStaged(state: State, id: string): Promise<FileHandle> {
  try {
    return await open(pathOf(state, id), "r");
  } catch (error) {
    throw unusable(pathOf(state, id), error);
  }
}

export async function* readStaged(file: FileHandle, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; ;) {
    throwIfCanceled(signal);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

export async function discardStaged(state: State, id: string): Promise<void> {
  await rm(pathOf(state, id), { force: true });
}

/** Removes the files that no context has, and that nobody is writing any more. */
export async function sweepStaged(
  state: State,
  known: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const directory = directoryOf(state);
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const idOf = (name: string): string => name.slice(0, name.indexOf("."));
  const kept = await known(names.map(idOf));
  for (const name of names) {
    if (name.endsWith(".tar") && kept.has(idOf(name))) continue;
    const path = join(directory, name);
    const stats = await stat(path).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (stats !== undefined && Date.now() - stats.mtimeMs > ABANDONED_MS)
      await rm(path, { recursive: true, force: true });
  }
}

/** A file without a name, which goes with whoever has it open. */
export async function openScratch(state: State): Promise<FileHandle> {
  const path = join(directoryOf(state), `${newId()}${PARTIAL}`);
  await mkdir(directoryOf(state), { recursive: true, mode: 0o700 });
  const file = await open(path, "wx+", 0o600);
  await rm(path);
  return file;
}

/** A directory for what comes in many files; whoever made it removes it, or the sweep does an hour later. */
export async function makeScratchDirectory(state: State): Promise<string> {
  const path = join(directoryOf(state), `${newId()}${PARTIAL}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

/** What the system says of the files of contexts, in our words; what it did not say as it is. */
export function unusable(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !("syscall" in cause) || !("code" in cause)) return cause;
  if (cause.code === "ENOSPC" || cause.code === "EDQUOT") return noSpaceForState(path, cause);
  return new MoorageError("STATE_UNUSABLE", `The context's archive ${path} cannot be used: ${cause.message}.`, {
    hint: "Check that MOORAGE_HOME is writable and that the file is there; stage the context again.",
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
