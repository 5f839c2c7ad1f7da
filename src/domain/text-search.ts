import type { RE2JS, RE2JSException } from "re2js";
import { MoorageError } from "../base/errors.ts";

/** Where in a line the text is that is looked for; undefined where it is not. */
export type TextSearch = (line: string) => { readonly start: number; readonly end: number } | undefined;

type Manner = {
  /** A plain text instead of a pattern. @default false */
  readonly fixed?: boolean;
  /** @default false */
  readonly ignoreCase?: boolean;
};

/**
 * A search for a pattern of a caller's. It is RE2's, whose search takes time that grows with the length of the line and
 * with nothing else: no pattern can be made that holds us up. INVALID_INPUT for a text that is no pattern.
 */
export async function textSearch(pattern: string, manner: Manner = {}): Promise<TextSearch> {
  const { fixed = false, ignoreCase = false } = manner;
  // Loaded by who searches: it takes longer to load than most commands take.
  const { RE2JS: re2, RE2JSException: Refusal } = await import("re2js");
  const source = fixed ? re2.quote(pattern) : pattern;
  const compiled = compile(() => re2.compile(source, ignoreCase ? re2.CASE_INSENSITIVE : 0), pattern, Refusal);
  return (line) => {
    if (!compiled.test(line)) return undefined;
    const matcher = compiled.matcher(line);
    return matcher.find() ? { start: matcher.start(), end: matcher.end() } : undefined;
  };
}

function compile(work: () => RE2JS, pattern: string, Refusal: typeof RE2JSException): RE2JS {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    const why = cause.message.replace(/^error parsing regexp: /, "");
    throw new MoorageError("INVALID_INPUT", `The pattern ${JSON.stringify(pattern)} cannot be read: ${why}.`, {
      hint: "The syntax is RE2's: no look-around and no back references. Behind a backslash a mark is plain text.",
      cause,
    });
  }
}
