/**
 * A regular expression that needs time in proportion to the text, whatever the pattern: it follows all ways at once
 * instead of trying one after the other. For patterns of callers, which could otherwise stop the whole process.
 *
 * It knows literals, `.`, `\d \w \s` and their opposites, classes, `* + ?`, `|`, groups, `^` and `$`.
 */
export type LinearPattern = {
  /** True when it is found anywhere in the text. */
  readonly test: (text: string) => boolean;
};

const MAX_PATTERN = 256;

type Takes = (char: string) => boolean;

/** One place in the pattern: what it takes, or where it goes without taking anything. */
type State =
  | { readonly kind: "take"; readonly takes: Takes; next: number }
  | { readonly kind: "split"; next: number; other: number }
  | { readonly kind: "assert"; readonly at: "start" | "end"; next: number }
  | { readonly kind: "found" };

/** Thrown for a text that is no pattern; its message is an expectation, such as `expected ")"`. */
export class PatternProblem extends Error {}

/** Reads a pattern of at most 256 characters. @throws PatternProblem */
export function linearPattern(source: string): LinearPattern {
  if (source === "" || source.length > MAX_PATTERN) {
    throw new PatternProblem(`expected a pattern of 1 to ${MAX_PATTERN} characters`);
  }
  const states: State[] = [];
  const build = new PatternReader(source, states).read();
  const end = states.push({ kind: "found" }) - 1;
  const start = build(end);
  return { test: (text) => found(states, start, text) };
}

function found(states: readonly State[], start: number, text: string): boolean {
  const chars = Array.from(text);
  let here = new Set<number>();
  for (let index = 0; index <= chars.length; index += 1) {
    if (follow({ states, at: index, length: chars.length }, [...here, start], (here = new Set()))) return true;
    const char = chars[index];
    if (char === undefined) return false;
    const next = new Set<number>();
    for (const place of here) {
      const state = states[place];
      if (state?.kind === "take" && state.takes(char)) next.add(state.next);
    }
    here = next;
  }
  return false;
}

type Place = { readonly states: readonly State[]; readonly at: number; readonly length: number };

/** Adds all places that are reached without taking a character; true when one of them is the end. */
function follow({ states, at, length }: Place, from: readonly number[], reached: Set<number>): boolean {
  const open = [...from];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (reached.has(place)) continue;
    reached.add(place);
    const state = states[place];
    if (state?.kind === "found") return true;
    if (state?.kind === "split") open.push(state.next, state.other);
    if (state?.kind === "assert" && at === (state.at === "start" ? 0 : length)) open.push(state.next);
  }
  return false;
}

const CLASSES: Readonly<Record<string, Takes>> = {
  d: (char) => /^\d$/.test(char),
  w: (char) => /^\w$/.test(char),
  s: (char) => /^\s$/.test(char),
};
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** Makes the states of a part that goes on at `next`, and answers where it begins: states are made back to front. */
type Build = (next: number) => number;

class PatternReader {
  readonly #chars: readonly string[];
  readonly #states: State[];
  #at = 0;

  constructor(source: string, states: State[]) {
    this.#chars = Array.from(source);
    this.#states = states;
  }

  read(): Build {
    const build = this.#alternatives();
    if (this.#at < this.#chars.length) throw new PatternProblem('expected "(" before ")"');
    return build;
  }

  #alternatives(): Build {
    const options = [this.#sequence()];
    while (this.#chars[this.#at] === "|") {
      this.#at += 1;
      options.push(this.#sequence());
    }
    return (next) =>
      options.map((option) => option(next)).reduce((one, other) => this.#add({ kind: "split", next: one, other }));
  }

  #sequence(): Build {
    const parts: Build[] = [];
    for (let char = this.#peek(); char !== undefined && char !== "|" && char !== ")"; char = this.#peek()) {
      parts.push(this.#repeated(this.#part()));
    }
    return (end) => parts.reduceRight((next, part) => part(next), end);
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #repeated(part: Build): Build {
    const mark = this.#chars[this.#at];
    if (mark !== "*" && mark !== "+" && mark !== "?") return part;
    this.#at += 1;
    const more = this.#chars[this.#at];
    if (more === "*" || more === "+" || more === "?") throw new PatternProblem(`expected one of * + ? at a time`);
    return (next) => {
      if (mark === "?") return this.#add({ kind: "split", next: part(next), other: next });
      const loop: State = { kind: "split", next, other: next };
      const place = this.#add(loop);
      const begin = part(place);
      loop.next = begin;
      return mark === "*" ? place : begin;
    };
  }

  #part(): Build {
    const char = this.#chars[this.#at] ?? "";
    this.#at += 1;
    if (char === "(") return this.#group();
    if (char === "^" || char === "$") {
      return (next) => this.#add({ kind: "assert", at: char === "^" ? "start" : "end", next });
    }
    if (char === "*" || char === "+" || char === "?") throw new PatternProblem(`expected something before "${char}"`);
    if (char === "{") throw new PatternProblem("expected no counts such as {2}; write \\{ for the character");
    const takes =
      char === "." ? () => true : char === "[" ? this.#class() : char === "\\" ? this.#escape() : same(char);
    return (next) => this.#add({ kind: "take", takes, next });
  }

  #group(): Build {
    if (this.#chars[this.#at] === "?") {
      if (this.#chars[this.#at + 1] !== ":") throw new PatternProblem("expected no lookaround and no named groups");
      this.#at += 2;
    }
    const inner = this.#alternatives();
    if (this.#peek() !== ")") throw new PatternProblem('expected ")"');
    this.#at += 1;
    return inner;
  }

  #escape(): Takes {
    const char = this.#chars[this.#at];
    this.#at += 1;
    if (char === undefined) throw new PatternProblem("expected a character after \\");
    const known = CLASSES[char.toLowerCase()];
    if (known !== undefined) return char === char.toLowerCase() ? known : (other) => !known(other);
    if (/[A-Za-z0-9]/.test(char) && ESCAPED[char] === undefined) {
      throw new PatternProblem(`expected \\d, \\w, \\s, \\n, \\r, \\t or an escaped mark instead of "\\${char}"`);
    }
    return same(ESCAPED[char] ?? char);
  }

  #class(): Takes {
    const inverted = this.#chars[this.#at] === "^";
    if (inverted) this.#at += 1;
    const items: Takes[] = [];
    for (let first = true; this.#chars[this.#at] !== "]" || first; first = false) {
      const char = this.#chars[this.#at];
      if (char === undefined) throw new PatternProblem('expected "]"');
      this.#at += 1;
      items.push(this.#classItem(char));
    }
    this.#at += 1;
    return (char) => items.some((item) => item(char)) !== inverted;
  }

  #classItem(char: string): Takes {
    if (char === "\\") return this.#escape();
    const last = this.#chars[this.#at + 1];
    if (this.#chars[this.#at] !== "-" || last === undefined || last === "]" || last === "\\") return same(char);
    this.#at += 2;
    if (last < char) throw new PatternProblem(`expected a range in order instead of "${char}-${last}"`);
    return (other) => other >= char && other <= last;
  }

  #add(state: State): number {
    return this.#states.push(state) - 1;
  }
}

function same(expected: string): Takes {
  return (char) => char === expected;
}
