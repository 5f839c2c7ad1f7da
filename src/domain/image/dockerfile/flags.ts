import type { Flag } from "./dockerfile.ts";

export type Flags = {
  readonly flags: readonly Flag[];
  /** What follows them. */
  readonly rest: string;
  /** True where builders do not read them alike: an escape, or what is not ASCII. */
  readonly unclear: boolean;
};

const BLANK = /[\t\n\v\f\r ]/;
const UNCLEAR = /[^\t\x20-\x7e]|[\\`]/;

/** Reads the words that begin with `--`, in which quotes are taken off, up to the first other word. */
export function readFlags(text: string): Flags {
  const flags: Flag[] = [];
  let unclear = false;
  let at = skipBlanks(text, 0);
  while (text.startsWith("--", at)) {
    const { word, end } = readWord(text, at);
    unclear ||= UNCLEAR.test(text.slice(at, end));
    at = end;
    if (word === "--") break;
    const equals = word.indexOf("=");
    const [name, value] = equals < 0 ? [word.slice(2), undefined] : [word.slice(2, equals), word.slice(equals + 1)];
    flags.push({ name, value });
    at = skipBlanks(text, at);
  }
  return { flags, rest: text.slice(at), unclear };
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && BLANK.test(text.charAt(at))) at += 1;
  return at;
}

function readWord(text: string, from: number): { readonly word: string; readonly end: number } {
  const parts: string[] = [];
  let quote: string | undefined;
  let at = from;
  for (; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote === undefined && BLANK.test(character)) break;
    if (character === quote) quote = undefined;
    else if (quote === undefined && (character === "'" || character === '"')) quote = character;
    else parts.push(character);
  }
  return { word: parts.join(""), end: at };
}
