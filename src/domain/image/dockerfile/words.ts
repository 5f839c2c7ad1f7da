import { isBlank, splitWords, trimStart } from "./blanks.ts";

export type Escape = "\\" | "`";

/** Words as a shell parts them. Quotes and escapes stay in them: they are taken off when a word is expanded. */
export function quotedWords(text: string, escape: Escape): readonly string[] {
  const words: string[] = [];
  let start: number | undefined;
  let quote: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quote === undefined && isBlank(character)) {
      if (start !== undefined) words.push(text.slice(start, at));
      start = undefined;
      continue;
    }
    start ??= at;
    if (character === escape && quote !== "'") at += 1;
    else if (character === quote) quote = undefined;
    else if (quote === undefined && (character === "'" || character === '"')) quote = character;
  }
  if (start !== undefined) words.push(text.slice(start));
  return words;
}

/** The texts of a JSON array; "mixed" where others are in it, undefined where it is none and so a shell's. */
export function jsonTexts(text: string): readonly string[] | "mixed" | undefined {
  if (!trimStart(text).startsWith("[")) return undefined;
  try {
    const values: unknown = JSON.parse(trimStart(text));
    if (!Array.isArray(values)) return undefined;
    return values.every((value) => typeof value === "string") ? values : "mixed";
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The arguments of ADD, COPY and VOLUME, in either form. */
export function listedWords(text: string): readonly string[] {
  const texts = jsonTexts(text);
  return Array.isArray(texts) ? texts : splitWords(text);
}
