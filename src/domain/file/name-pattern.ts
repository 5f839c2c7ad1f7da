import { MoorageError } from "../../base/errors.ts";

/** Whether a name is one that the pattern means. */
export type NameTest = (name: string) => boolean;

/** `*` any text, `?` one character, `[abc]`, `[a-z]` and `[!abc]` one of these or none of them, `\` takes the next as it is. */
export function namePattern(pattern: string): NameTest {
  const parts = partsOf(Array.from(pattern), pattern);
  return (name) => matches(parts, Array.from(name));
}

type Part = "any" | ((character: string) => boolean);

function partsOf(characters: readonly string[], pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") parts.push("any");
    else if (character === "?") parts.push(() => true);
    else if (character === "[") {
      const end = characters.indexOf("]", at + 2 + (characters[at + 1] === "!" ? 1 : 0));
      if (end < 0) throw unfinished(pattern);
      parts.push(oneOf(characters.slice(at + 1, end)));
      at = end;
    } else if (character === "\\") {
      at += 1;
      const literal = characters[at];
      if (literal === undefined) throw unfinished(pattern);
      parts.push((other) => other === literal);
    } else parts.push((other) => other === character);
  }
  return parts;
}

function oneOf(set: readonly string[]): (character: string) => boolean {
  const negated = set[0] === "!";
  const members = negated ? set.slice(1) : set;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < members.length; at += 1) {
    const from = members[at] ?? "";
    const to = members[at + 1] === "-" ? members[at + 2] : undefined;
    ranges.push([from, to ?? from]);
    if (to !== undefined) at += 2;
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated;
}

/** In time that grows with the product of both lengths, whatever the pattern: only the last `*` is ever tried anew. */
function matches(parts: readonly Part[], name: readonly string[]): boolean {
  let part = 0;
  let retry: { readonly part: number; at: number } | undefined;
  for (let at = 0; at < name.length;) {
    const wanted = parts[part];
    if (wanted === "any") {
      part += 1;
      retry = { part, at };
    } else if (wanted?.(name[at] ?? "") === true) {
      part += 1;
      at += 1;
    } else if (retry !== undefined) {
      retry.at += 1;
      at = retry.at;
      part = retry.part;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === "any");
}

function unfinished(pattern: string): MoorageError {
  const message = `The pattern ${JSON.stringify(pattern)} is not finished; expected a ] after [, and something after \\.`;
  return new MoorageError("INVALID_INPUT", message, { hint: "Write \\[ for a bracket that is part of the name." });
}
