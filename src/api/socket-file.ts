import { chmod, link, lstat, mkdtemp, rename, rm } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { MoorageError } from "../base/errors.ts";

/** The kernel's cap on a socket's path, its final NUL left out. */
const MAX_PATH_BYTES = 107;
const PROBE_MS = 1000;
const ATTEMPTS = 10;

/** `mode`: its permission bits. */
type SocketFile = { readonly path: string; readonly mode: number };

/**
 * Makes the server listen at the path, with its mode from the first moment: the socket is made in a directory that
 * only its owner can enter, and gets its name when it is ready. A socket that nobody listens at is replaced.
 */
export async function listenAt(server: Server, { path, mode }: SocketFile): Promise<AsyncDisposable> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    const message = `The socket's path: expected at most ${MAX_PATH_BYTES} bytes, got ${path}.`;
    throw new MoorageError("STATE_UNUSABLE", message, { hint: "Set MOORAGE_HOME to a directory with a shorter path." });
  }
  const directory = await privateDirectory(path);
  try {
    const made = join(directory, "s");
    await listen(server, made);
    await chmod(made, mode);
    await claimName(made, path);
    const { ino } = await lstat(path);
    return { [Symbol.asyncDispose]: () => removeOwn(path, ino) };
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function privateDirectory(path: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(path), ".s-"));
  } catch (error) {
    throw new MoorageError("STATE_UNUSABLE", `The directory ${dirname(path)} for the socket cannot be written.`, {
      cause: error,
    });
  }
}

async function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(path, resolve);
  await promise;
  server.off("error", reject);
}

// A hard link never replaces what is there, so of two servers that start at once one gets the name.
async function claimName(made: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (await linked(made, path)) return;
    const found = await lstatOrMissing(path);
    if (found === undefined) continue;
    if (!found.isSocket())
      throw new MoorageError("CONFLICT", `${path} is there and is no socket.`, { hint: "Move it away." });
    if (await answers(path)) {
      throw new MoorageError("CONFLICT", `A Moorage server is already listening at ${path}.`, {
        hint: "Use it, or stop it first.",
        details: { path },
      });
    }
    await removeDead(path, found.ino);
  }
  throw new MoorageError("CONFLICT", `${path} was taken by others ${ATTEMPTS} times in a row.`);
}

async function linked(made: string, path: string): Promise<boolean> {
  try {
    await link(made, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw new MoorageError("STATE_UNUSABLE", `The socket ${path} cannot be made.`, { cause: error });
  }
}

/** Moves the dead socket away, and back when it is another by now. */
async function removeDead(path: string, ino: number): Promise<void> {
  const grave = await mkdtemp(join(dirname(path), ".s-"));
  try {
    const moved = join(grave, "s");
    await rename(path, moved);
    const { ino: got } = await lstat(moved);
    if (got !== ino) await linked(moved, path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  } finally {
    await rm(grave, { recursive: true, force: true });
  }
}

async function removeOwn(path: string, ino: number): Promise<void> {
  const found = await lstatOrMissing(path);
  if (found?.ino === ino) await rm(path, { force: true });
}

async function lstatOrMissing(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** True when somebody accepts connections there. A server that is too busy to accept is alive as well. */
async function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.setTimeout(PROBE_MS, () => resolve(true));
  socket.once("connect", () => resolve(true));
  socket.once("error", (error) => resolve(!hasCode(error, "ECONNREFUSED") && !hasCode(error, "ENOENT")));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
