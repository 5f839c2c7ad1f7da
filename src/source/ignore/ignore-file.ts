import { posix } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { compilePattern, type Pattern } from "./pattern.ts";

/** One line that says what is left out, or what is not. */
export type IgnoreLine = {
  /** Cleaned, without its `!`. */
  readonly text: string;
  /** `!`: what it names is kept. */
  readonly keeps: boolean;
  readonly matches: Pattern;
};

/** The lines of a `.dockerignore`. INVALID_INPUT with the line's number where one cannot be understood. */
export function parseIgnoreFile(name: string, content: string): readonly IgnoreLine[] {
  const lines = content.replace(/^\uFEFF/, "").split("\n");
  return lines.flatMap((line, index) => {
    if (line.startsWith("#") || line.trim() === "") return [];
    try {
      return [parseLine(line.trim())];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const message = `${name}: line ${index + 1} is no pattern: ${error.message} (got ${JSON.stringify(line.trim())}).`;
      const hint = "Correct the line, or begin it with # to make it a comment.";
      throw new MoorageError("INVALID_INPUT", message, { hint, details: { line: index + 1 }, cause: error });
    }
  });
}

function parseLine(line: string): IgnoreLine {
  const keeps = line.startsWith("!");
  const given = keeps ? line.slice(1).trim() : line;
  if (given === "") throw new SyntaxError("after ! it names nothing");
  const clean = posix.normalize(given).replace(/(?<=.)\/$/, "");
  // As for Docker, in whose eyes this is a lone `!`.
  if (keeps && clean === "/") throw new SyntaxError("after ! it names nothing");
  const text = clean.length > 1 && clean.startsWith("/") ? clean.slice(1) : clean;
  return { text, keeps, matches: compilePattern(text) };
}
