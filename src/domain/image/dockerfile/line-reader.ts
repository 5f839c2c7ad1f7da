import { isComment, trim, trimStart } from "./blanks.ts";
import type { Lines, Problem } from "./dockerfile.ts";
import type { Escape } from "./words.ts";

/** One instruction's text: continued lines are joined, comments and empty lines between them are left out. */
export type LogicalLine = Lines & { readonly text: string };

/** The longest that the classic builder reads. */
const MAX_LINE_BYTES = 65_535;

/** Parts a Dockerfile into the texts of its instructions. */
export class LineReader {
  readonly problems: Problem[] = [];
  readonly #lines: readonly string[];
  readonly #escape: Escape;
  #last: { readonly plain: Map<string, number>; readonly chomped: Map<string, number> } | undefined;
  #at = 0;

  constructor(lines: readonly string[], escape: Escape) {
    this.#lines = lines;
    this.#escape = escape;
  }

  /** The next one; undefined at the end. */
  next(): LogicalLine | undefined {
    for (let line = this.#take(); line !== undefined; line = this.#take()) {
      const start = this.#at;
      const { text, continued } = this.#uncontinued(isComment(line) ? "" : trimStart(line));
      if (!continued && text === "") continue;
      const parts = continued ? [text, ...this.#continuation()] : [text];
      return { line: start, endLine: this.#at, text: parts.join("") };
    }
    return undefined;
  }

  /** Passes over the body of a heredoc; stays where it is when it does not end. */
  skipHeredoc(name: string, chomps: boolean): void {
    if (this.#lastIndex(name, chomps) < this.#at) return;
    while (asEnd(this.#lines[this.#at] ?? name, chomps) !== name) this.#at += 1;
    this.#at += 1;
  }

  /** The one that was read last. */
  get line(): number {
    return this.#at;
  }

  // Kept, so that many heredocs without an end are not each searched for to the last line.
  #lastIndex(name: string, chomps: boolean): number {
    this.#last ??= {
      plain: new Map(this.#lines.map((line, index) => [asEnd(line, false), index])),
      chomped: new Map(this.#lines.map((line, index) => [asEnd(line, true), index])),
    };
    return (chomps ? this.#last.chomped : this.#last.plain).get(name) ?? -1;
  }

  #continuation(): readonly string[] {
    const parts: string[] = [];
    for (let line = this.#take(); line !== undefined; line = this.#take()) {
      if (isComment(line) || trim(line) === "") continue;
      const { text, continued } = this.#uncontinued(line);
      parts.push(text);
      if (!continued) break;
    }
    return parts;
  }

  #take(): string | undefined {
    const line = this.#lines[this.#at];
    if (line === undefined) return undefined;
    this.#at += 1;
    const bytes = Buffer.byteLength(line);
    if (bytes > MAX_LINE_BYTES) {
      this.#tell("syntax", {
        message: `The line has ${bytes} bytes; the builder reads at most ${MAX_LINE_BYTES}.`,
        fix: "Part it with continuations, or COPY a file that holds it.",
      });
    }
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }

  #uncontinued(line: string): { readonly text: string; readonly continued: boolean } {
    let end = line.length;
    while (line[end - 1] === " " || line[end - 1] === "\t") end -= 1;
    if (line[end - 1] !== this.#escape) return { text: line, continued: false };
    if (line[end - 2] !== this.#escape) return { text: line.slice(0, end - 1), continued: true };
    const twice = this.#escape.repeat(2);
    this.#tell("unsupported", {
      message: `Builders differ on whether a line that ends with ${twice} goes on in the next one.`,
      fix: `End it with one ${this.#escape} to go on, or with something else.`,
    });
    return { text: line, continued: false };
  }

  #tell(rule: Problem["rule"], words: { readonly message: string; readonly fix: string }): void {
    this.problems.push({ line: this.#at, endLine: this.#at, rule, ...words });
  }
}

/** A line as it may be the end of a heredoc. */
function asEnd(line: string, chomps: boolean): string {
  const whole = line.endsWith("\r") ? line.slice(0, -1) : line;
  return chomps ? whole.replace(/^\t+/, "") : whole;
}
