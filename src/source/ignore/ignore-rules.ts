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
    const above = marksOf(parentOf(directory));
    const marks = Uint8Array.from(lines, (line, index) => (above[index] || line.matches(directory) ? 1 : 0));
    known.set(directory, marks);
    return marks;
  };
  const kept = given.filter(({ keeps }) => keeps).map(({ text }) => text);
  return {
    ignores: (path) => {
      const above = marksOf(parentOf(path));
      for (let index = lines.length - 1; index >= 0; index -= 1) {
        const line = lines[index];
        if (line !== undefined && (above[index] || line.matches(path))) return !line.keeps;
      }
      return false;
    },
    keepsBelow: (directory) => kept.some((text) => mayNameBelow(text, `${directory}/`)),
  };
}

/** False only where no path that begins so can be named. */
function mayNameBelow(text: string, start: string): boolean {
  const wild = text.search(/[*?[\\]/);
  if (wild === -1) return text.startsWith(start);
  const literal = text.slice(0, wild);
  return literal.startsWith(start) || start.startsWith(literal);
}
