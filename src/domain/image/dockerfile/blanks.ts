// What the builders take for a blank at the ends of a line: not what JavaScript does, which knows U+FEFF and not U+0085.
const BLANKS = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
/** What parts an instruction from its arguments, and these from one another. */
const SEPARATORS = /[\t\v\f\r ]+/;

export function isBlank(character: string | undefined): boolean {
  return character !== undefined && BLANKS.test(character);
}

export function trimStart(text: string): string {
  let start = 0;
  while (isBlank(text[start])) start += 1;
  return text.slice(start);
}

export function trim(text: string): string {
  let end = text.length;
  while (isBlank(text[end - 1])) end -= 1;
  return trimStart(text.slice(0, end));
}

export function isComment(line: string): boolean {
  return trimStart(line).startsWith("#");
}

/** The first word, and what follows its separator; undefined where there is none. */
export function cutFirst(text: string): readonly [first: string, rest: string | undefined] {
  const found = SEPARATORS.exec(text);
  return found === null ? [text, undefined] : [text.slice(0, found.index), text.slice(found.index + found[0].length)];
}

export function splitWords(text: string): readonly string[] {
  return text === "" ? [] : text.split(SEPARATORS);
}
