import { z } from "zod";
import { TerminalSize } from "../exec.ts";
import { stream, unary } from "../operation.ts";
import { Id, page, PageInput } from "../primitives.ts";
import {
  LogSelection,
  Run,
  RunEvent,
  RunFilter,
  RunInput,
  RunInputTaken,
  RunLog,
  RunRecord,
  RunRef,
  RunWait,
  RunWaited,
  Signal,
} from "../run.ts";
import { changing, destructive, readOnly } from "./bindings.ts";

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
    input: z.strictObject({ runId: RunRef }),
    output: RunRecord,
  }),
  logs: unary({
    summary: "Read what a run printed, while it goes on and after its sandbox is gone.",
    http: { method: "get", path: "/v1/runs/{runId}/logs" },
    cli: { command: "runs logs", positionals: ["runId"] },
    mcp: readOnly,
    input: z.strictObject({ runId: RunRef, ...LogSelection }),
    output: RunLog,
  }),
  attach: stream({
    summary: "Follow a run from an offset of its log to its end; leaving does not end it.",
    http: { method: "get", path: "/v1/runs/{runId}/events" },
    cli: {
      command: "runs attach",
      positionals: ["runId"],
      runs: true,
      leaving: "The run goes on; follow it again with `moorage runs attach {runId}`.",
    },
    input: z.strictObject({ runId: RunRef, offset: LogSelection.offset }),
    output: RunEvent,
  }),
  wait: unary({
    summary: "Wait until a run has ended, or has printed a line that matches a pattern.",
    http: { method: "post", path: "/v1/runs/{runId}/wait" },
    cli: {
      command: "runs wait",
      positionals: ["runId"],
      flags: { timeoutMs: { flag: "timeout", parse: "duration" } },
      leaving: "The run goes on; wait for it again with `moorage runs wait {runId}`.",
    },
    mcp: readOnly,
    input: RunWait,
    output: RunWaited,
  }),
  input: unary({
    summary: "Send input to a run that was started to take it, in order; a retry does not double it.",
    http: { method: "post", path: "/v1/runs/{runId}/input" },
    cli: {
      command: "runs input",
      positionals: ["runId"],
      flags: { data: { short: "i", parse: "stdin" }, encoding: { offered: false } },
    },
    mcp: changing,
    record: "none",
    input: RunInput,
    output: RunInputTaken,
  }),
  signal: unary({
    summary: "Send a signal to a run: to its whole process tree, USR1 and USR2 to its program alone.",
    http: { method: "post", path: "/v1/runs/{runId}/signal" },
    cli: { command: "runs signal", positionals: ["runId", "signal"] },
    mcp: changing,
    input: z.strictObject({ runId: RunRef, signal: Signal }),
    output: z.object({ runId: Id, signal: Signal }),
  }),
  resize: unary({
    summary: "Change the size of the terminal that a run has.",
    http: { method: "post", path: "/v1/runs/{runId}/size" },
    cli: { command: "runs resize", positionals: ["runId", "columns", "rows"] },
    record: "none",
    input: z.strictObject({ runId: RunRef, ...TerminalSize.shape }),
    output: z.object({ runId: Id, ...TerminalSize.shape }),
  }),
  kill: unary({
    summary: "End a run and its whole process tree: TERM, a grace, KILL.",
    http: { method: "post", path: "/v1/runs/{runId}/kill" },
    cli: { command: "runs kill", positionals: ["runId"] },
    mcp: destructive,
    input: z.strictObject({ runId: RunRef }),
    output: Run,
  }),
  detach: unary({
    summary: "Let a run go on when its caller leaves.",
    http: { method: "post", path: "/v1/runs/{runId}/detach" },
    cli: { command: "runs detach", positionals: ["runId"] },
    input: z.strictObject({ runId: RunRef }),
    output: Run,
  }),
  remove: unary({
    summary: "Remove an ended run with its output; its receipt stays.",
    http: { method: "delete", path: "/v1/runs/{runId}" },
    cli: { command: "runs rm", positionals: ["runId"] },
    mcp: destructive,
    input: z.strictObject({ runId: RunRef }),
    output: z.object({ runId: Id, removed: z.literal(true) }),
  }),
} as const;
