/** Longest line that is kept; of a longer one this much of its beginning. */
const MAX_LINE_CHARACTERS = 4 * 1024;

/** Cuts the bytes of one stream into lines of text, without their ends. */
export class Lines {
  readonly #decoder = new TextDecoder();
  #begun = "";

  /** The lines that these bytes complete. */
  next(bytes: Uint8Array): readonly string[] {
    const [first = "", ...others] = this.#decoder.decode(bytes, { stream: true }).split("\n");
    this.#begun = capped(this.#begun + first);
    const complete: string[] = [];
    for (const text of others) {
      complete.push(this.#begun.replace(/\r$/, ""));
      this.#begun = capped(text);
    }
    return complete;
  }

  /** What follows the last line's end. */
  get rest(): string {
    return this.#begun;
  }
}

function capped(text: string): string {
  return text.slice(0, MAX_LINE_CHARACTERS);
}
