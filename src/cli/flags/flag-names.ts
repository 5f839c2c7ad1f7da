import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { CliFields } from "./cli-field.ts";

type Issue = { readonly path: string; readonly message: string; readonly value?: string };

/** The same error, with the input's fields named as they are on the command line. */
export function inFlagNames(error: unknown, fields: CliFields): unknown {
  if (!isMoorageError(error)) return error;
  const issues = issuesOf(error);
  if (issues === undefined) return overLimit(error, fields);
  const told = issues.map(({ path, message, value }) => {
    const got = value === undefined ? "" : ` (got ${value})`;
    return `${labelOf(path, fields)}: ${message}${got}.`;
  });
  const message = [...told, ...moreLike(Number(error.details["moreIssues"] ?? 0))].join("\n");
  return new MoorageError(error.code, message, { hint: error.hint, details: error.details, cause: error });
}

// The limit may come from a setting, and what is over it is told by the domain: only its name is the command line's.
function overLimit(error: MoorageError, fields: CliFields): MoorageError {
  const { limit, over } = error.details;
  if (error.code !== "LIMIT_EXCEEDED" || typeof limit !== "string" || typeof over !== "string") return error;
  const { code, hint, details } = error;
  return new MoorageError(code, `${labelOf(limit, fields)} ${over}.`, { hint, details, cause: error });
}

/** A line about those that are not told one by one. */
export function moreLike(count: number): readonly string[] {
  return count === 0 ? [] : [`There are ${count} more like these.`];
}

/** What the operation says about its input: one issue for each value that it does not take. */
export function issuesOf(error: unknown): readonly Issue[] | undefined {
  if (!isMoorageError(error) || error.code !== "INVALID_INPUT") return undefined;
  const issues = error.details["issues"];
  return Array.isArray(issues) && issues.length > 0 && issues.every(isIssue) ? issues : undefined;
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== "object" || value === null || !("path" in value) || !("message" in value)) return false;
  const shown = "value" in value ? value.value : undefined;
  return [value.path, value.message, shown ?? ""].every((text) => typeof text === "string");
}

/** An input as it was typed: `--memory` for `memoryBytes`. */
export function labelOf(path: string, { flags, positionals, rest }: CliFields): string {
  const [name = "", ...inner] = path.split(".");
  if (name === rest?.name) return "COMMAND";
  const field = [...flags, ...positionals].find((candidate) => candidate.name === name);
  // Which of several it is, the value tells that is shown beside it.
  const within = inner.filter((part) => !/^\d+$/.test(part));
  return [field?.label ?? (name === "" ? "input" : name), ...within].join(" ");
}
