import { MoorageError } from "../../base/errors.ts";
import { methodOf, type NamedOperation, type StreamMethod } from "../../contracts/platform.ts";
import { cliFields } from "../flags/cli-field.ts";
import { collectInput } from "../flags/collect-input.ts";
import type { CliCommand, Given, OptionSpec, Session } from "../invocation.ts";
import { followBatch } from "../jobs/follow-batch.ts";
import { inLineNames } from "../jobs/line-names.ts";
import { readJobs, type Jobs } from "../jobs/read-jobs.ts";
import { operationCommand } from "./operation-command.ts";

const KEEP_GOING: OptionSpec = {
  flag: "keep-going",
  description: "Run every job, however the others end; this is the default.",
};

/** `moorage jobs FILE`: the list of the operation comes from a file, and its errors name the file's lines. */
export function jobsCommand(named: NamedOperation): CliCommand {
  const derived = operationCommand(named);
  return {
    words: derived.words,
    summary: derived.summary,
    get options() {
      return [...derived.options, KEEP_GOING];
    },
    positionals: [
      {
        name: "FILE",
        required: true,
        description:
          "JSON lines or a YAML list of jobs, by its name or its content; - for standard input. A job has the fields of `run` or, with agentId, of `agent run`.",
      },
    ],
    runs: true,
    notes: [
      "Relative workspaces start where FILE lies. Jobs that share a workspace run one after the other.",
      "Exit code: 0 when every job succeeded; 1 when one failed; 124 when deadlines are the only failures; 125 when Moorage or the engine could not run one.",
    ],
    execute: (given, session) => runJobs(named, given, session),
  };
}

async function runJobs(named: NamedOperation, given: Given, session: Session): Promise<number> {
  const { globals, host, signal } = session;
  if (given.options.has("keep-going") && given.options.has("fail-fast")) {
    const message = "--keep-going, --fail-fast: expected one of them (got both).";
    throw new MoorageError("INVALID_INPUT", message, { hint: "Leave both out to run every job." });
  }
  const fields = cliFields(named);
  const options = await collectInput({ ...fields, positionals: [] }, given, session);
  const jobs = await readJobs(given.positionals[0] ?? "", session);
  const engine = globals.engine === undefined ? {} : { engine: globals.engine };
  await using platform = await host.openPlatform({ ...engine, needsImages: jobs.entries.some(namesImage) });
  const batch: StreamMethod = methodOf(platform, named);
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
