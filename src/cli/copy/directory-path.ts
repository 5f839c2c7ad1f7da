import type { HostDirectory } from "./host-directory.ts";

type Step = { readonly name: string; readonly directory: HostDirectory };

/** Open directories from a root down to the one that is worked in; entries of one directory mostly come in a row. */
export class DirectoryPath implements AsyncDisposable {
  readonly #root: HostDirectory;
  readonly #steps: Step[] = [];

  constructor(root: HostDirectory) {
    this.#root = root;
  }

  /** The directory with these names below the root; missing ones are made, the last one with `mode`. */
  async to(names: readonly string[], mode = 0o777): Promise<HostDirectory> {
    const common = names.findIndex((name, index) => this.#steps[index]?.name !== name);
    await this.#leave(common === -1 ? names.length : common);
    for (const [index, name] of names.entries()) {
      if (index < this.#steps.length) continue;
      // What is copied into a directory needs it writable, whatever its own mode says.
      const ownMode = index === names.length - 1 ? mode | 0o700 : 0o777;
      this.#steps.push({ name, directory: await this.#current().make(name, ownMode) });
    }
    return this.#current();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave(0);
  }

  #current(): HostDirectory {
    return this.#steps.at(-1)?.directory ?? this.#root;
  }

  async #leave(depth: number): Promise<void> {
    for (const { directory } of this.#steps.splice(depth).toReversed()) await directory[Symbol.asyncDispose]();
  }
}
