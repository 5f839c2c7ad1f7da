import { existsSync } from "node:fs";
import { constants, mkdir, open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";

const DESCRIPTORS = "/proc/self/fd";
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * An open directory of this host, by which the files in it are named. Where the system shows open files (Linux), a name
 * in it means a name in this very directory, whatever is swapped for a symlink above it meanwhile. Elsewhere the path
 * is used, and each step of it is opened without following a link.
 */
export class HostDirectory implements AsyncDisposable {
  /** As people know it. */
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #base: string;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
    this.#base = existsSync(DESCRIPTORS) ? `${DESCRIPTORS}/${handle.fd}` : path;
  }

  /** A directory that the user named: symlinks on the way to it are theirs, and are followed. */
  static async open(path: string): Promise<HostDirectory> {
    return new HostDirectory(path, await open(path, O_RDONLY | O_DIRECTORY));
  }

  /** A directory in this one, never through a symlink. */
  async enter(name: string): Promise<HostDirectory> {
    return new HostDirectory(join(this.path, name), await open(this.at(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }

  /** As `enter`, for a directory that is made when it is missing. */
  async make(name: string, mode: number): Promise<HostDirectory> {
    await mkdir(this.at(name), { mode }).catch((error: unknown) => {
      if (!isExisting(error)) throw error;
    });
    return this.enter(name);
  }

  /** The path of a name in this directory, which must be one plain name. */
  at(name: string): string {
    return `${this.#base}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
