import { MoorageError } from "../../base/errors.ts";
import { methodOf, type StreamMethod } from "../../contracts/method.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import { cliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import type { Given, Session } from "../invocation.ts";
import { followBatch } from "./follow-batch.ts";
import { inLineNames } from "./line-names.ts";
import { readJobs, type Jobs } from "./read-jobs.ts";

/** Runs the jobs of a file, and shows how they get on. Resolves to the exit code. */
export async function runJobs(operation: OutlinedOperation, given: Given, session: Session): Promise<number> {
  const { globals, host, signal } = session;
  if (given.options.has("keep-going") && given.options.has("fail-fast")) {
    const message = "--keep-going, --fail-fast: expected one of them (got both).";
    throw new MoorageError("INVALID_INPUT", message, { hint: "Leave both out to run every job." });
  }
  const fields = cliFields(operation);
  const options = await collectInput({ ...fields, positionals: [] }, given, session);
  const jobs = await readJobs(given.positionals[0] ?? "", session);
  const engine = globals.engine === undefined ? {} : { engine: globals.engine };
  await using platform = await host.openPlatform({ ...engine, needsImages: jobs.entries.some(namesImage) });
  const batch: StreamMethod = methodOf(platform, operation);
  try {
    const input = { ...options, jobs: jobs.entries.map(({ value }) => value) };
    return await followBatch(batch(input, { signal }), jobs.entries.length, session);
  } catch (error) {
    throw inLineNames(error, jobs, fields);
  }
}

function namesImage({ value }: Jobs["entries"][number]): boolean {
  return typeof value === "object" && value !== null && "image" in value;
}
