import type { OutlinedOperation } from "../../contracts/outline.ts";
import type { CliCommand, OptionSpec } from "../invocation.ts";
import { operationCommand } from "./operation-command.ts";

const KEEP_GOING: OptionSpec = {
  flag: "keep-going",
  description: "Run every job, however the others end; this is the default.",
};

/** `moorage jobs FILE`: the list of the operation comes from a file, and its errors name the file's lines. */
export function jobsCommand(operation: OutlinedOperation): CliCommand {
  const derived = operationCommand(operation);
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
    execute: async (given, session) => {
      // Loaded late, with what reads YAML and checks events.
      const { runJobs } = await import("../jobs/run-jobs.ts");
      return runJobs(operation, given, session);
    },
  };
}
