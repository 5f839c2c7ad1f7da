import { MoorageError } from "../base/errors.ts";

/** Longest line that is kept: a result with the largest record of both outputs fits well. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024;

/** Cuts chunks of UTF-8 into lines, empty ones left out. A last line without an end is one, too. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxCharacters = MAX_LINE_CHARACTERS,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  const line = (end: string): string => {
    const whole = [...parts, end].join("");
    parts = [];
    length = 0;
    return whole;
  };
  for await (const chunk of chunks) {
    const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    const last = others.pop();
    const ended = last === undefined ? [] : [line(first), ...others];
    for (const text of ended) if (text !== "") yield text;
    const begun = last ?? first;
    parts.push(begun);
    length += begun.length;
    if (length > maxCharacters) throw tooLong(maxCharacters);
  }
  const rest = line(decoder.decode());
  if (rest !== "") yield rest;
}

function tooLong(maxCharacters: number): MoorageError {
  const message = `A line of the server's answer has more than ${maxCharacters} characters.`;
  return new MoorageError("SERVER_UNREACHABLE", message, {
    hint: "Check that the address is that of a Moorage server.",
  });
}
