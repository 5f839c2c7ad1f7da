import { RE2JS, RE2JSException } from "re2js";
import { MoorageError } from "../../base/errors.ts";

/** Where in a line the text is that is looked for; undefined where it is not. */
export type TextSearch = (line: string) => { readonly start: number; readonly end: number } | undefined;

/**
 * The pattern is RE2's, whose search takes time that grows with the length of the line and with nothing else: no
 * pattern can be made that holds us up.
 */
export function textSearch(
  pattern: string,
  { fixed, ignoreCase }: { readonly fixed: boolean; readonly ignoreCase: boolean },
): TextSearch {
  const source = fixed ? RE2JS.quote(pattern) : pattern;
  const compiled = compile(source, ignoreCase);
  return (line) => {
    if (!compiled.test(line)) return undefined;
    const matcher = compiled.matcher(line);
    return matcher.find() ? { start: matcher.start(), end: matcher.end() } : undefined;
  };
}

function compile(pattern: string, ignoreCase: boolean): RE2JS {
  try {
    return RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    const why = cause.message.replace(/^error parsing regexp: /, "");
    throw new MoorageError("INVALID_INPUT", `The pattern ${JSON.stringify(pattern)} cannot be read: ${why}.`, {
      hint: "The syntax is RE2's: no look-around and no back references. For plain text use --fixed.",
      cause,
    });
  }
}
