import { constants } from "node:fs";
import { open, readdir, readlink, type FileHandle } from "node:fs/promises";
import { MoorageError } from "../../base/errors.ts";

/** Linux's own: a place to stand on, which needs no permission to read it. */
const O_PATH = 0o10000000;

/** Directories held open on one way; more is no honest tree. */
export const MAX_DEPTH = 256;

/**
 * A directory that is held open. What is in it is named through the descriptor, one part of a path at a time: whatever
 * becomes of the names on the way here, nothing outside can be reached.
 */
export class Directory implements AsyncDisposable {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Rejects with ENOTDIR for a symlink. */
  static async open(path: string | Buffer): Promise<Directory> {
    return new Directory(await open(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  }

  /** The root of a tree, given by its real path; WORKSPACE_NOT_FOUND when it is none any more, or leads through a link. */
  static async openRoot(path: string): Promise<Directory> {
    const root = await Directory.open(path).catch(noWorkspace);
    if ((await readlink(root.path)) === path) return root;
    await root[Symbol.asyncDispose]();
    return noWorkspace(new Error(`${path} leads through a link by now`));
  }

  /** The directory itself, for calls that take a path. */
  get path(): string {
    return `/proc/self/fd/${this.#handle.fd}`;
  }

  /** One entry of it, for calls that take a path and follow no link at its end. A name as bytes need not be UTF-8. */
  at(name: string): string;
  at(name: string | Buffer): string | Buffer;
  at(name: string | Buffer): string | Buffer {
    if (name.length === 0 || name.includes("/") || [".", ".."].includes(String(name))) {
      throw new TypeError(`No name: ${String(name)}`);
    }
    return typeof name === "string" ? `${this.path}/${name}` : Buffer.concat([Buffer.from(`${this.path}/`), name]);
  }

  /** What is in it, in the order of its bytes. */
  async names(): Promise<readonly Buffer[]> {
    return (await readdir(this.path, { encoding: "buffer" })).toSorted((a, b) => Buffer.compare(a, b));
  }

  enter(name: string | Buffer): Promise<Directory> {
    return Directory.open(this.at(name));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Anything but a link, held open without being read or written. */
export function hold(path: string): Promise<FileHandle> {
  return open(path, O_PATH | constants.O_NOFOLLOW);
}

function noWorkspace(cause: unknown): never {
  throw new MoorageError("WORKSPACE_NOT_FOUND", "The sandbox's workspace is no directory any more, or was moved.", {
    cause,
  });
}
