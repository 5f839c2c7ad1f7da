import { parentOf } from "../entry.ts";
import { defaultIgnoreLines } from "./default-ignores.ts";
import type { IgnoreLine } from "./ignore-file.ts";

/** What is left out: the last line that names a path, or a directory that it is in, decides. */
export type IgnoreRules = {
  readonly ignores: (path: string) => boolean;
  /** Whether something below a directory that is left out may be kept. */
  readonly keepsBelow: (directory: string) => boolean;
};

/** Lines of which the last one that names a path decides. What any group leaves out is left out. */
type Group = { readonly lines: readonly IgnoreLine[]; readonly kept: readonly string[] };

/**
 * The lines of a `.dockerignore`, and the defaults. Of these each stands by itself, with the lines that name what it is
 * about, so that `*` and `!src` do not let the keys below `src` through.
 */
export function ignoreRules(given: readonly IgnoreLine[]): IgnoreRules {
  const groups = [groupOf(given, given), ...defaultGroups(given)];
  const length = groups.reduce((sum, { lines }) => sum + lines.length, 0);
  /** Of each directory: which lines name it, or one that it is in. */
  const known = new Map<string, Uint8Array>([["", new Uint8Array(length)]]);
  const marksOf = (directory: string): Uint8Array => {
    const found = known.get(directory);
    if (found !== undefined) return found;
    const { marks } = judged(directory);
    known.set(directory, marks);
    return marks;
  };
  const judged = (path: string): Judgement => judge(groups, path, marksOf(parentOf(path)));
  return {
    ignores: (path) => judged(path).ignoring.length > 0,
    keepsBelow: (directory) =>
      judged(directory).ignoring.every(({ kept }) => kept.some((text) => mayNameBelow(text, `${directory}/`))),
  };
}

function groupOf(lines: readonly IgnoreLine[], given: readonly IgnoreLine[]): Group {
  return { lines, kept: given.filter(({ keeps }) => keeps).map(({ text }) => text) };
}

function defaultGroups(given: readonly IgnoreLine[]): readonly Group[] {
  const exceptions = defaultIgnoreLines.filter(({ keeps }) => keeps);
  return defaultIgnoreLines
    .filter(({ keeps }) => !keeps)
    .map((line) => {
      const about = given.filter((other) => isAbout(other, line));
      return groupOf([line, ...exceptions.filter((other) => isAbout(other, line)), ...about], about);
    });
}

/** Whether a line says by name what a default is about, or something in it: `!.ssh/config` does, `!*` does not. */
function isAbout({ text }: IgnoreLine, { matches }: IgnoreLine): boolean {
  const parts = text.split("/");
  return parts.some((_part, index) => matches(parts.slice(0, index + 1).join("/")));
}

type Judgement = { readonly ignoring: readonly Group[]; readonly marks: Uint8Array };

/**
 * As Docker judges while it walks: a line that would change nothing is not asked, and so does not count for what is
 * below either. After `docs/*.md`, `!docs` keeps nothing.
 */
function judge(groups: readonly Group[], path: string, above: Uint8Array): Judgement {
  const marks = new Uint8Array(above.length);
  const ignoring: Group[] = [];
  let index = -1;
  for (const group of groups) {
    let ignored = false;
    for (const line of group.lines) {
      index += 1;
      if (above[index] !== 1 && (line.keeps !== ignored || !line.matches(path))) continue;
      marks[index] = 1;
      ignored = !line.keeps;
    }
    if (ignored) ignoring.push(group);
  }
  return { ignoring, marks };
}

/** False only where no path that begins so can be named. */
function mayNameBelow(text: string, start: string): boolean {
  const wild = text.search(/[*?[\\]/);
  if (wild === -1) return text.startsWith(start);
  const literal = text.slice(0, wild);
  return literal.startsWith(start) || start.startsWith(literal);
}
