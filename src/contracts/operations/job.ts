import { BatchEvent, JobBatch } from "../batch.ts";
import { JobRun } from "../exec.ts";
import { stream } from "../operation.ts";
import { RunEvent } from "../run.ts";
import { changing, jobFlags, stdinFlags } from "./bindings.ts";

export const jobOperations = {
  run: stream({
    summary: "Run one command in a new sandbox, and remove the sandbox.",
    http: { method: "post", path: "/v1/jobs" },
    cli: { command: "run", rest: "command", runs: true, flags: { ...jobFlags, ...stdinFlags } },
    mcp: changing,
    record: "own",
    input: JobRun,
    output: RunEvent,
  }),
  batch: stream({
    summary: "Run many jobs, some at one time, and tell how each one ended.",
    http: { method: "post", path: "/v1/job-batches" },
    cli: { command: "jobs", positionals: ["jobs"], runs: true },
    record: "own",
    input: JobBatch,
    output: BatchEvent,
  }),
} as const;
