import { readlink } from "node:fs/promises";
import { posix } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { Directory, MAX_DEPTH } from "./directory.ts";
import { errnoOf, leadsOut, missing, noDirectory } from "./tree-errors.ts";

const WORKSPACE = "/workspace";
const MAX_LINKS = 40;

/** Where in a tree an entry is, or would be: in a directory that is held open, under this name. */
export type Found = AsyncDisposable & {
  readonly directory: Directory;
  /** Undefined for that directory itself. */
  readonly name: string | undefined;
};

export type FindWish = {
  /** Absolute inside the unit. */
  readonly path: string;
  /** Whether a link at the end of the path is followed. */
  readonly follow: boolean;
  /** Called for a missing directory on the way; without it that is FILE_NOT_FOUND. */
  readonly make?: (parent: Directory, name: string) => Promise<void>;
};

/** Finds an entry of the tree at `root`, part by part from there, with links followed as far as they stay inside. */
export async function findEntry(root: string, wish: FindWish): Promise<Found> {
  const parts = checkedParts(wish.path);
  const way = new Way(wish, parts, await Directory.openRoot(root));
  try {
    await way.go();
    return way;
  } catch (error) {
    await way[Symbol.asyncDispose]();
    throw error;
  }
}

class Way implements Found {
  readonly #wish: FindWish;
  /** From the root down to here. */
  readonly #open: Directory[];
  #left: string[];
  #links = 0;
  name: string | undefined;

  constructor(wish: FindWish, parts: string[], root: Directory) {
    this.#wish = wish;
    this.#open = [root];
    this.#left = parts;
  }

  get directory(): Directory {
    const last = this.#open.at(-1);
    if (last === undefined) throw new TypeError("The way has left its root.");
    return last;
  }

  async go(): Promise<void> {
    for (let part = this.#left.shift(); part !== undefined; part = this.#left.shift()) {
      if (part === "..") await this.#up();
      else if (this.#left.length > 0) await this.#down(part);
      else if (this.#wish.follow && (await this.#follow(part))) continue;
      else this.name = part;
    }
  }

  async #up(): Promise<void> {
    if (this.#open.length === 1) throw leadsOut(this.#wish.path);
    await this.#open.pop()?.[Symbol.asyncDispose]();
  }

  async #down(part: string): Promise<void> {
    if (this.#open.length > MAX_DEPTH) {
      throw new MoorageError("PATH_NOT_ALLOWED", `A path has more than ${MAX_DEPTH} directories; expected fewer.`);
    }
    try {
      this.#open.push(await this.directory.enter(part));
    } catch (error) {
      if (errnoOf(error) === "ENOENT" && this.#wish.make !== undefined) return this.#make(part, this.#wish.make);
      if (errnoOf(error) === "ENOENT") throw missing(this.#wish.path, error);
      if (errnoOf(error) !== "ENOTDIR") throw error;
      if (await this.#follow(part)) return;
      throw this.#wish.make === undefined ? missing(this.#wish.path, error) : noDirectory(this.#wish.path, error);
    }
  }

  async #make(part: string, make: NonNullable<FindWish["make"]>): Promise<void> {
    await make(this.directory, part);
    this.#open.push(await this.directory.enter(part));
  }

  /** Puts where a link leads before the rest of the way; false where the entry is no link. */
  async #follow(part: string): Promise<boolean> {
    const target = await readlink(this.directory.at(part)).catch((error: unknown) => {
      if (errnoOf(error) === "EINVAL" || errnoOf(error) === "ENOENT") return undefined;
      throw error;
    });
    if (target === undefined) return false;
    this.#links += 1;
    if (this.#links > MAX_LINKS) {
      throw new MoorageError("PATH_NOT_ALLOWED", `The links of ${JSON.stringify(this.#wish.path)} lead in a circle.`);
    }
    if (!target.startsWith("/")) {
      this.#left.unshift(...target.split("/").filter((piece) => piece !== "" && piece !== "."));
      return true;
    }
    if (target !== WORKSPACE && !target.startsWith(`${WORKSPACE}/`)) throw leadsOut(this.#wish.path);
    while (this.#open.length > 1) await this.#up();
    this.#left.unshift(...partsOf(target));
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const directory of this.#open) await directory[Symbol.asyncDispose]();
  }
}

function checkedParts(path: string): string[] {
  if (path.includes("\0") || posix.normalize(`${path}/`) !== `${path}/`) throw leadsOut(path);
  return partsOf(path);
}

/** The parts of a path below the workspace. */
function partsOf(path: string): string[] {
  if (path !== WORKSPACE && !path.startsWith(`${WORKSPACE}/`)) throw leadsOut(path);
  return path
    .slice(WORKSPACE.length)
    .split("/")
    .filter((part) => part !== "" && part !== ".");
}
