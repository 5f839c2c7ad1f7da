import { parentOf } from "../entry.ts";
import { defaultIgnoreLines } from "./default-ignores.ts";
import type { IgnoreLine } from "./ignore-file.ts";

/** What is left out: the last line that names a path, or a directory that it is in, decides. */
export type IgnoreRules = {
  readonly ignores: (path: string) => boolean;
  /** Whether something below a directory that is left out may be kept. */
  readonly keepsBelow: (directory: string) => boolean;
};

/** The defaults, and the lines of a `.dockerignore` after them. */
export function ignoreRules(given: readonly IgnoreLine[]): IgnoreRules {
  const lines = [...defaultIgnoreLines, ...given];
  /** Of each directory: which lines name it, or one that it is in. */
  const known = new Map<string, Uint8Array>([["", new Uint8Array(lines.length)]]);
  const marksOf = (directory: string): Uint8Array => {
    const found = known.get(directory);
    if (found !== undefined) return found;
    const { marks } = judged(directory);
    known.set(directory, marks);
    return marks;
  };
  const judged = (path: string): Judgement => judge(lines, path, marksOf(parentOf(path)));
  const kept = given.filter(({ keeps }) => keeps).map(({ text }) => text);
  return {
    ignores: (path) => judged(path).ignored,
    keepsBelow: (directory) => kept.some((text) => mayNameBelow(text, `${directory}/`)),
  };
}

type Judgement = { readonly ignored: boolean; readonly marks: Uint8Array };

/**
 * As Docker judges while it walks: a line that would change nothing is not asked, and so does not count for what is
 * below either. After `docs/*.md`, `!docs` keeps nothing.
 */
function judge(lines: readonly IgnoreLine[], path: string, above: Uint8Array): Judgement {
  const marks = new Uint8Array(lines.length);
  let ignored = false;
  for (const [index, line] of lines.entries()) {
    if (above[index] !== 1 && (line.keeps !== ignored || !line.matches(path))) continue;
    marks[index] = 1;
    ignored = !line.keeps;
  }
  return { ignored, marks };
}

/** False only where no path that begins so can be named. */
function mayNameBelow(text: string, start: string): boolean {
  const wild = text.search(/[*?[\\]/);
  if (wild === -1) return text.startsWith(start);
  const literal = text.slice(0, wild);
  return literal.startsWith(start) || start.startsWith(literal);
}
