import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { BatchJob } from "../../contracts/batch.ts";
import { issuesOf, labelOf, moreLike } from "../flags/flag-names.ts";
import type { CliFields } from "../flags/cli-field.ts";
import type { Jobs } from "./read-jobs.ts";

const INSIDE_JOB = /^jobs\.(\d+)(?:\.(.*))?$/;

/** The same error, with each job named by its line of the file, and everything else by its flag. */
export function inLineNames(error: unknown, jobs: Jobs, fields: CliFields): unknown {
  const issues = issuesOf(error);
  if (!isMoorageError(error) || issues === undefined) return error;
  const told = issues.map(({ path, message, value }) => {
    const got = value === undefined ? "" : ` (got ${value})`;
    return `${subject(path, jobs, fields)}: ${message}${got}.`;
  });
  const more = moreLike(Number(error.details["moreIssues"] ?? 0));
  const inJobs = issues.some(({ path }) => INSIDE_JOB.test(path));
  const hint = inJobs ? `A job has these fields: ${Object.keys(BatchJob.shape).join(", ")}.` : error.hint;
  const message = [...told, ...more].join("\n");
  return new MoorageError(error.code, message, { hint, details: error.details, cause: error });
}

function subject(path: string, { name, entries }: Jobs, fields: CliFields): string {
  const [, index, field] = INSIDE_JOB.exec(path) ?? [];
  if (index === undefined) return path === "jobs" ? name : labelOf(path, fields);
  const line = entries[Number(index)]?.line;
  return `${name} line ${line ?? "?"}${field === undefined ? "" : `: ${field}`}`;
}
