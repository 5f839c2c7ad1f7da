import { cutFirst } from "./blanks.ts";
import { quotedWords, type Escape } from "./words.ts";

export type NameValue = { readonly name: string; readonly value: string };

/** The variables of ENV or LABEL, still quoted: `A=1 B=2`, or `A the rest`; undefined where it is neither. */
export function nameValues(args: string, escape: Escape): readonly NameValue[] | undefined {
  const words = quotedWords(args, escape);
  const [first] = words;
  if (first === undefined) return undefined;
  if (!first.includes("=")) {
    const [name, value] = cutFirst(args);
    return value === undefined ? undefined : [{ name, value }];
  }
  const found = words.flatMap((word) => {
    const at = word.indexOf("=");
    return at < 1 ? [] : [{ name: word.slice(0, at), value: word.slice(at + 1) }];
  });
  return found.length === words.length ? found : undefined;
}

/** The variables of ARG, still quoted; the value is undefined where none is given. */
export function argumentsOf(
  args: string,
  escape: Escape,
): readonly { readonly name: string; readonly value: string | undefined }[] {
  return quotedWords(args, escape).map((word) => {
    const at = word.indexOf("=");
    return at < 0 ? { name: word, value: undefined } : { name: word.slice(0, at), value: word.slice(at + 1) };
  });
}
