import { z } from "zod";
import { stream, unary } from "../operation.ts";
import { Id, page, PageInput } from "../primitives.ts";
import { LogSelection, Run, RunEvent, RunFilter, RunLog, RunRecord } from "../run.ts";
import { destructive, readOnly } from "./bindings.ts";

export const runOperations = {
  list: unary({
    summary: "List your runs, newest first: of all sandboxes, jobs and agents.",
    http: { method: "get", path: "/v1/runs" },
    cli: { command: "runs ls" },
    mcp: readOnly,
    input: z.strictObject({ ...RunFilter, ...PageInput }),
    output: page(Run),
  }),
  get: unary({
    summary: "Read the record of a run, with head and tail of its output.",
    http: { method: "get", path: "/v1/runs/{runId}" },
    cli: { command: "runs get", positionals: ["runId"] },
    mcp: readOnly,
    input: z.strictObject({ runId: Id }),
    output: RunRecord,
  }),
  logs: unary({
    summary: "Read what a run printed, while it goes on and after its sandbox is gone.",
    http: { method: "get", path: "/v1/runs/{runId}/logs" },
    cli: { command: "runs logs", positionals: ["runId"] },
    mcp: readOnly,
    input: z.strictObject({ runId: Id, ...LogSelection }),
    output: RunLog,
  }),
  attach: stream({
    summary: "Follow a run from an offset of its log to its end; leaving does not end it.",
    http: { method: "get", path: "/v1/runs/{runId}/events" },
    cli: { command: "runs attach", positionals: ["runId"], runs: true },
    input: z.strictObject({ runId: Id, offset: LogSelection.offset }),
    output: RunEvent,
  }),
  remove: unary({
    summary: "Remove an ended run with its output; its receipt stays.",
    http: { method: "delete", path: "/v1/runs/{runId}" },
    cli: { command: "runs rm", positionals: ["runId"] },
    mcp: destructive,
    input: z.strictObject({ runId: Id }),
    output: z.object({ runId: Id, removed: z.literal(true) }),
  }),
} as const;
