import { z } from "zod";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { CliFields } from "./cli-field.ts";

/** What the operation says about its input: one issue for each value that it does not take. */
export const Issues = z.array(z.object({ path: z.string(), message: z.string(), value: z.string().optional() })).min(1);

/** The same error, with the input's fields named as they are on the command line. */
export function inFlagNames(error: unknown, fields: CliFields): unknown {
  if (!isMoorageError(error) || error.code !== "INVALID_INPUT") return error;
  const issues = Issues.safeParse(error.details["issues"]);
  if (!issues.success) return error;
  const told = issues.data.map(({ path, message, value }) => {
    const got = value === undefined ? "" : ` (got ${value})`;
    return `${labelOf(path, fields)}: ${message}${got}.`;
  });
  return new MoorageError(error.code, told.join("\n"), { hint: error.hint, details: error.details, cause: error });
}

/** An input as it was typed: `--memory` for `memoryBytes`. */
export function labelOf(path: string, { flags, positionals, rest }: CliFields): string {
  const [name = "", ...inner] = path.split(".");
  if (name === rest?.name) return "COMMAND";
  const field = [...flags, ...positionals].find((candidate) => candidate.name === name);
  return [field?.label ?? (name === "" ? "input" : name), ...inner].join(" ");
}
