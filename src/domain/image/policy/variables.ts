const MAX_VALUE_CHARACTERS = 512;
/** Of all values that are written out: a text that doubles in each line has no end. */
const MAX_ALL_CHARACTERS = 4 * 1024 * 1024;

/**
 * The values that a Dockerfile has given its variables so far, whatever the stage. The builder looks at the stage, and at
 * the variables of its base image too: what is found here may be the value, what is not found may have one.
 */
export class Variables {
  readonly #values = new Map<string, string>();
  #left = MAX_ALL_CHARACTERS;

  set(name: string, value: string): void {
    if (value.length <= MAX_VALUE_CHARACTERS) this.#values.set(name, value);
    else this.#values.delete(name);
  }

  lookup(name: string): string | undefined {
    const value = this.#values.get(name);
    this.#left -= value?.length ?? 0;
    return this.#left < 0 ? undefined : value;
  }
}
