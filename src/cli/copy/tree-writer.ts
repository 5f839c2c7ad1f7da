import { DirectoryPath } from "./directory-path.ts";
import { entryNames, leadsOut } from "./entry-rules.ts";
import type { HostDirectory } from "./host-directory.ts";
import { hostFileError } from "./host-file-error.ts";
import type { TarEntry } from "./tar-entries.ts";
import { writeFileEntry, writeHardLink, writeSymlink } from "./write-entry.ts";

/** Where an archive's root goes: under `name` in the directory, or, without one, its contents into the directory. */
export type Landing = AsyncDisposable & { readonly directory: HostDirectory; readonly name?: string };

const IN_THE_WAY = "a link or a file is in the place of one of its directories";

/** Writes the entries of one archive below its landing, and nowhere else. */
export class TreeWriter implements AsyncDisposable {
  readonly #root: string;
  readonly #landing: Landing;
  readonly #path: DirectoryPath;

  /** `root` is the first name of every entry. */
  constructor(root: string, landing: Landing) {
    this.#root = root;
    this.#landing = landing;
    this.#path = new DirectoryPath(landing.directory);
  }

  /** Writes one entry; answers why not, where it is refused. */
  async write(entry: TarEntry, names: readonly string[]): Promise<string | undefined> {
    const { type, mode } = entry.header;
    const place = this.#placeOf(names);
    if (place === undefined) return `it is not below ${JSON.stringify(this.#root)}, as the others are`;
    if (type === "directory") return (await this.#enter(place, mode)) === undefined ? IN_THE_WAY : undefined;
    const name = place.at(-1);
    if (name === undefined) return "the archive's root is not a directory";
    const directory = await this.#enter(place.slice(0, -1));
    if (directory === undefined) return IN_THE_WAY;
    try {
      return await this.#writeIn(directory, name, { entry, depth: names.length - 2 });
    } catch (error) {
      throw hostFileError(error, `${directory.path}/${name}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#path[Symbol.asyncDispose]();
    await this.#landing[Symbol.asyncDispose]();
  }

  async #writeIn(
    directory: HostDirectory,
    name: string,
    { entry, depth }: { readonly entry: TarEntry; readonly depth: number },
  ): Promise<string | undefined> {
    const target = entry.header.linkname;
    switch (entry.header.type) {
      case "symlink":
        if (leadsOut(target, depth)) return `it is a link that leads out, to ${JSON.stringify(target)}`;
        await writeSymlink(target, directory, name);
        return undefined;
      case "link":
        return this.#writeHardLink(directory, name, target);
      default:
        await writeFileEntry(entry, directory, name);
        return undefined;
    }
  }

  async #writeHardLink(directory: HostDirectory, name: string, target: string): Promise<string | undefined> {
    const named = entryNames(target);
    const place = "names" in named ? this.#placeOf(named.names) : undefined;
    const originalName = place?.at(-1);
    if (place === undefined || originalName === undefined)
      return `it is a link that leads out, to ${JSON.stringify(target)}`;
    await using path = new DirectoryPath(this.#landing.directory);
    const original = await entered(path, place.slice(0, -1));
    if (original === undefined) return IN_THE_WAY;
    const linked = await writeHardLink({ directory: original, name: originalName }, { directory, name });
    return linked ? undefined : `it is a link to ${JSON.stringify(target)}, which is not a file`;
  }

  /** Names from the landing's directory down; undefined for an entry of another root. */
  #placeOf([root, ...below]: readonly string[]): readonly string[] | undefined {
    if (root !== this.#root) return undefined;
    return this.#landing.name === undefined ? below : [this.#landing.name, ...below];
  }

  #enter(names: readonly string[], mode?: number): Promise<HostDirectory | undefined> {
    return entered(this.#path, names, mode);
  }
}

/** The directory; undefined where a link or a file is in the way. */
async function entered(
  path: DirectoryPath,
  names: readonly string[],
  mode?: number,
): Promise<HostDirectory | undefined> {
  try {
    return await path.to(names, mode);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOTDIR" || error.code === "ELOOP"))
      return undefined;
    throw hostFileError(error, names.join("/"));
  }
}
