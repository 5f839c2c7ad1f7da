import { z } from "zod";
import { AgentRun, JobRun, SandboxExec } from "./exec.ts";
import { FileContent, FileInfo, FileList, FileRead, FileWrite, FileWritten } from "./file.ts";
import { stream, unary, type FlagBinding } from "./operation.ts";
import { Id, page, PageInput, SandboxRef } from "./primitives.ts";
import { Receipt, ReceiptExportEvent, ReceiptVerification } from "./receipt.ts";
import { Run, RunEvent, RunRecord } from "./run.ts";
import { Sandbox, SandboxCreate } from "./sandbox.ts";
import { CleanupReport, DoctorInput, DoctorReport } from "./system.ts";

const limitFlags: Record<string, FlagBinding> = {
  memoryBytes: { flag: "memory", parse: "bytes" },
  timeoutMs: { flag: "timeout", parse: "duration" },
  env: { short: "e", parse: "key-value" },
};

const jobFlags: Record<string, FlagBinding> = { ...limitFlags, workspace: { parse: "host-directory" } };

const stdinFlags: Record<string, FlagBinding> = {
  stdin: { short: "i", parse: "stdin" },
  stdinEncoding: { offered: false },
};

const readOnly = { readOnly: true, destructive: false };
const changing = { readOnly: false, destructive: false };
const destructive = { readOnly: false, destructive: true };

/** Everything that Moorage can do. Doors are derived from this table; `raw.ts` lists what cannot be a row of it. */
export const operations = {
  job: {
    run: stream({
      summary: "Run one command in a new sandbox, and remove the sandbox.",
      http: { method: "post", path: "/v1/jobs" },
      cli: { command: "run", rest: "command", runs: true, flags: { ...jobFlags, ...stdinFlags } },
      mcp: changing,
      input: JobRun,
      output: RunEvent,
    }),
  },
  agent: {
    run: stream({
      summary: "Run one command of an agent on its workspace, with a result file.",
      http: { method: "post", path: "/v1/agents/{agentId}/runs" },
      cli: {
        command: "agent run",
        positionals: ["agentId"],
        rest: "command",
        runs: true,
        flags: { ...jobFlags, ...stdinFlags },
      },
      input: AgentRun,
      output: RunEvent,
    }),
  },
  sandbox: {
    create: unary({
      summary: "Create a sandbox and start it.",
      http: { method: "post", path: "/v1/sandboxes" },
      cli: { command: "sandbox create", flags: limitFlags },
      mcp: changing,
      input: SandboxCreate,
      output: Sandbox,
    }),
    list: unary({
      summary: "List your sandboxes, newest first.",
      http: { method: "get", path: "/v1/sandboxes" },
      cli: { command: "sandbox ls" },
      mcp: readOnly,
      input: z.strictObject(PageInput),
      output: page(Sandbox),
    }),
    get: unary({
      summary: "Read a sandbox: its state, limits, image and isolation.",
      http: { method: "get", path: "/v1/sandboxes/{id}" },
      cli: { command: "sandbox get", positionals: ["id"] },
      mcp: readOnly,
      input: z.strictObject({ id: SandboxRef }),
      output: Sandbox,
    }),
    exec: stream({
      summary: "Run a command or a code block in a sandbox.",
      http: { method: "post", path: "/v1/sandboxes/{id}/exec" },
      cli: {
        command: "sandbox exec",
        positionals: ["id"],
        rest: "command",
        runs: true,
        flags: { ...limitFlags, ...stdinFlags, code: { flag: "code-file", parse: "code-file" } },
      },
      mcp: changing,
      input: SandboxExec,
      output: RunEvent,
    }),
    runs: unary({
      summary: "List the runs of a sandbox, newest first.",
      http: { method: "get", path: "/v1/sandboxes/{id}/runs" },
      cli: { command: "sandbox runs", positionals: ["id"] },
      mcp: readOnly,
      input: z.strictObject({ id: SandboxRef, ...PageInput }),
      output: page(Run),
    }),
    remove: unary({
      summary: "Remove a sandbox, its processes and its files.",
      http: { method: "delete", path: "/v1/sandboxes/{id}" },
      cli: { command: "sandbox rm", positionals: ["id"] },
      mcp: destructive,
      input: z.strictObject({ id: SandboxRef }),
      output: z.object({ id: Id, removed: z.literal(true) }),
    }),
  },
  run: {
    get: unary({
      summary: "Read the record of a run, with the output that was kept.",
      http: { method: "get", path: "/v1/runs/{runId}" },
      cli: { command: "sandbox logs", positionals: ["runId"] },
      mcp: readOnly,
      input: z.strictObject({ runId: Id }),
      output: RunRecord,
    }),
  },
  file: {
    list: unary({
      summary: "List a directory of a sandbox.",
      http: { method: "get", path: "/v1/sandboxes/{id}/directory" },
      cli: { command: "file ls", positionals: ["id", "path"] },
      mcp: readOnly,
      input: FileList,
      output: z.object({ items: z.array(FileInfo), nextCursor: z.null() }),
    }),
    read: unary({
      summary: "Read a file of a sandbox, up to 16 MiB.",
      http: { method: "get", path: "/v1/sandboxes/{id}/file" },
      cli: { command: "file read", positionals: ["id", "path"] },
      mcp: readOnly,
      input: FileRead,
      output: FileContent,
    }),
    write: unary({
      summary: "Write a file of a sandbox, up to 16 MiB, making its directories.",
      http: { method: "put", path: "/v1/sandboxes/{id}/file" },
      cli: {
        command: "file write",
        positionals: ["id", "path"],
        flags: { content: { short: "i", parse: "stdin" }, encoding: { offered: false } },
      },
      mcp: changing,
      input: FileWrite,
      output: FileWritten,
    }),
    remove: unary({
      summary: "Remove a file or a directory with all that is in it.",
      http: { method: "delete", path: "/v1/sandboxes/{id}/file" },
      cli: { command: "file rm", positionals: ["id", "path"] },
      mcp: destructive,
      input: FileRead,
      output: z.object({ path: z.string(), removed: z.literal(true) }),
    }),
  },
  receipt: {
    list: unary({
      summary: "List your receipts, newest first.",
      http: { method: "get", path: "/v1/receipts" },
      cli: { command: "receipt ls" },
      mcp: readOnly,
      input: z.strictObject(PageInput),
      output: page(Receipt),
    }),
    get: unary({
      summary: "Read a receipt.",
      http: { method: "get", path: "/v1/receipts/{receiptId}" },
      cli: { command: "receipt get", positionals: ["receiptId"] },
      mcp: readOnly,
      input: z.strictObject({ receiptId: Id }),
      output: Receipt,
    }),
    export: stream({
      summary: "Export the whole chain of receipts, its signed head last.",
      http: { method: "post", path: "/v1/receipts/export" },
      cli: { command: "receipt export" },
      input: z.strictObject({}),
      output: ReceiptExportEvent,
    }),
    verify: unary({
      summary: "Verify every receipt: signature, hash chain and signed head.",
      http: { method: "post", path: "/v1/receipts/verify" },
      cli: { command: "receipt verify" },
      mcp: readOnly,
      input: z.strictObject({}),
      output: ReceiptVerification,
    }),
  },
  system: {
    doctor: unary({
      summary: "Check whether sandboxes can run here, and how to mend what is wrong.",
      http: { method: "get", path: "/v1/doctor" },
      cli: { command: "doctor" },
      input: DoctorInput,
      output: DoctorReport,
    }),
    cleanup: unary({
      summary: "Remove what ended Moorages left behind, and record the runs that they left open.",
      http: { method: "post", path: "/v1/cleanup" },
      cli: { command: "cleanup" },
      input: z.strictObject({}),
      output: CleanupReport,
    }),
  },
} as const;

export type Operations = typeof operations;
