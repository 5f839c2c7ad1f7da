const NEWLINE = 10;
/** An exit code behind a mark takes a few bytes; what goes on for longer is not the shell's. */
const MAX_TRAILER_BYTES = 64;

type Part = "before" | "inside" | "trailer" | "after";

/** Cuts what one command prints out of its session's stream: between the mark of its begin and that of its end. */
export class MarkedStream {
  readonly #begin: Buffer;
  readonly #end: Buffer;
  #part: Part = "before";
  #held: Buffer = Buffer.alloc(0);
  #trailer = "";

  constructor(begin: string, end: string) {
    this.#begin = Buffer.from(`${begin}\n`);
    this.#end = Buffer.from(end);
  }

  /** True between the marks: what comes is the command's. */
  get inside(): boolean {
    return this.#part === "inside";
  }

  /** True when the mark of the end has come, with the line that it begins. */
  get ended(): boolean {
    return this.#part === "after";
  }

  /** What stands behind the mark of the end on its line. */
  get trailer(): string {
    return this.#trailer.trim();
  }

  /** What of these bytes the command has printed. */
  next(data: Uint8Array): Uint8Array {
    this.#held = Buffer.concat([this.#held, data]);
    if (this.#part === "before") this.#skipToBegin();
    const output = this.#part === "inside" ? this.#takeToEnd() : Buffer.alloc(0);
    if (this.#part === "trailer") this.#takeTrailer();
    return output;
  }

  #skipToBegin(): void {
    const at = this.#held.indexOf(this.#begin);
    if (at === -1) {
      this.#held = this.#held.subarray(-this.#begin.length);
      return;
    }
    this.#held = this.#held.subarray(at + this.#begin.length);
    this.#part = "inside";
  }

  #takeToEnd(): Buffer {
    const at = this.#held.indexOf(this.#end);
    const length = at === -1 ? this.#held.length - this.#begunMark() : at;
    const output = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(at === -1 ? length : at + this.#end.length);
    if (at !== -1) this.#part = "trailer";
    return output;
  }

  /** How many bytes at the end may be the beginning of the mark. */
  #begunMark(): number {
    const longest = Math.min(this.#end.length - 1, this.#held.length);
    for (let length = longest; length > 0; length -= 1) {
      if (this.#held.subarray(-length).equals(this.#end.subarray(0, length))) return length;
    }
    return 0;
  }

  #takeTrailer(): void {
    const at = this.#held.indexOf(NEWLINE);
    if (at === -1 && this.#held.length < MAX_TRAILER_BYTES) return;
    this.#trailer = this.#held.subarray(0, at === -1 ? MAX_TRAILER_BYTES : at).toString();
    this.#held = Buffer.alloc(0);
    this.#part = "after";
  }
}
