const MAX_CHARACTERS = 400;

/** The end of what a program printed, in one line that fits into a message. */
export function lastWords(text: string): string {
  const line = text
    .trim()
    .split(/\s*\n\s*/)
    .join(" | ");
  return line.length > MAX_CHARACTERS ? `…${line.slice(-MAX_CHARACTERS)}` : line;
}
