import type { Escape } from "./words.ts";

/** The value of a variable; null where it has certainly none, undefined where nobody can tell. */
export type Lookup = (name: string) => string | null | undefined;

export type Expanded = {
  /** Without quotes and escapes; what could not be told is left out. */
  readonly value: string;
  /** What it certainly begins with. */
  readonly head: string;
  /** Variables, as they are written, whose value could not be told. */
  readonly unknown: readonly string[];
  /** True where it cannot be read, or only by some builders, such as `${a` and `${a#b}`. */
  readonly broken: boolean;
};

type Expanding = { readonly escape: Escape; readonly lookup: Lookup };

/** Writes out the variables of a word: `$x`, `${x}`, `${x:-default}`, `${x:+alternative}`. */
export function expand(word: string, expanding: Expanding): Expanded {
  return new Expansion(word, expanding).read();
}

const MAX_DEPTH = 50;
/** What ends a name in braces. */
const MODIFIER = /^(?:\}|:([-+]))/;
/** A variable's, or that of a shell's own parameter, which has no value here. */
const NAME = /[\p{L}_][\p{L}\p{Nd}_]*|\p{Nd}+|[@*#?$!-]/uy;

class Expansion {
  readonly #word: string;
  readonly #escape: Escape;
  readonly #lookup: Lookup;
  readonly #unknown: string[] = [];
  #at = 0;
  #broken = false;
  #head: string | undefined;

  constructor(word: string, { escape, lookup }: Expanding) {
    this.#word = word;
    this.#escape = escape;
    this.#lookup = lookup;
  }

  read(): Expanded {
    const value = this.#until("", 0, "");
    return { value, head: this.#head ?? value, unknown: this.#unknown, broken: this.#broken };
  }

  /** Reads up to an end; `before` is what the word has come to until here. */
  #until(end: "" | "}" | '"', depth: number, before: string): string {
    let value = "";
    const inQuotes = end === '"';
    while (this.#at < this.#word.length) {
      const character = this.#word.charAt(this.#at);
      this.#at += 1;
      if (character === end) return value;
      if (character === "$") {
        const known = this.#unknown.length;
        const variable = this.#variable(depth);
        if (depth === 0 && this.#unknown.length > known) this.#head ??= before + value;
        value += variable;
      } else if (character === this.#escape) value += this.#escaped(inQuotes);
      else if (character === '"' && !inQuotes) value += this.#until('"', depth, before + value);
      else if (character === "'" && !inQuotes) value += this.#verbatim();
      else value += character;
    }
    if (end !== "") this.#broken = true;
    return value;
  }

  /** In double quotes only some characters can be escaped. */
  #escaped(inQuotes: boolean): string {
    const next = this.#word.charAt(this.#at);
    if (inQuotes && next !== '"' && next !== "$" && next !== this.#escape) return next === "" ? "" : this.#escape;
    this.#at += 1;
    return next;
  }

  #verbatim(): string {
    const end = this.#word.indexOf("'", this.#at);
    if (end < 0) this.#broken = true;
    const value = this.#word.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#word.length : end + 1;
    return value;
  }

  #variable(depth: number): string {
    const braced = this.#word.charAt(this.#at) === "{";
    if (braced) this.#at += 1;
    const name = this.#name();
    if (!braced) return name === "" ? "$" : this.#valueOf(name);
    const [whole = "", modifier] = MODIFIER.exec(this.#word.slice(this.#at, this.#at + 2)) ?? [];
    if (name === "" || whole === "" || depth >= MAX_DEPTH) {
      this.#broken = true;
      this.#at = this.#word.length;
      return "";
    }
    this.#at += whole.length;
    return modifier === undefined ? this.#valueOf(name) : this.#choice(name, modifier, depth);
  }

  /** Of `${name:-other}` and `${name:+other}`, behind the modifier. */
  #choice(name: string, modifier: string, depth: number): string {
    const value = this.#lookup(name);
    if (value === undefined) this.#unknown.push(name);
    const known = this.#unknown.length;
    const other = this.#until("}", depth + 1, "");
    const isSet = value !== undefined && value !== null && value !== "";
    if (isSet === (modifier === "+")) return other;
    this.#unknown.length = known;
    return isSet ? value : "";
  }

  #name(): string {
    NAME.lastIndex = this.#at;
    const [name = ""] = NAME.exec(this.#word) ?? [];
    this.#at += name.length;
    return name;
  }

  #valueOf(name: string): string {
    const value = this.#lookup(name);
    if (typeof value === "string") return value;
    this.#unknown.push(name);
    return "";
  }
}
