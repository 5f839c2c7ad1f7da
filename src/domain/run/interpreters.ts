import { MoorageError } from "../../base/errors.ts";
import type { CodeBlock } from "../../contracts/types.ts";

/** Extension to program; Node runs .ts by itself from 22.18 on. A file's name reaches the program as one argument, never a shell. */
const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  py: ["python3"],
  js: ["node"],
  mjs: ["node"],
  ts: ["node"],
  sh: ["sh"],
};

/** The argument vector that runs a code block's file from the workspace. */
export function interpreterCommand(code: CodeBlock): readonly string[] {
  const extension = /\.([^.]+)$/.exec(code.filename)?.[1] ?? "";
  const program = Object.hasOwn(INTERPRETERS, extension) ? INTERPRETERS[extension] : undefined;
  if (program === undefined) {
    const known = Object.keys(INTERPRETERS).map((name) => `.${name}`);
    throw new MoorageError("INVALID_INPUT", `No interpreter for "${code.filename}": expected ${known.join(", ")}.`);
  }
  return [...program, code.filename];
}
