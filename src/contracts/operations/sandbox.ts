import { z } from "zod";
import { SandboxExec } from "../exec.ts";
import { stream, unary } from "../operation.ts";
import { Id, page, PageInput, SandboxRef } from "../primitives.ts";
import { SandboxOutput, SandboxOutputInput } from "../sandbox.ts";
import { LogSelection, Run, RunEvent, RunLog } from "../run.ts";
import { GraceMs, SandboxList, TtlMs } from "../sandbox-life.ts";
import { Sandbox, SandboxCreate } from "../sandbox.ts";
import { SandboxFork, SandboxSnapshot, Snapshot } from "../snapshot.ts";
import { HistoryInput, SandboxHistory, StatsEvent, StatsInput } from "../stats.ts";
import { changing, destructive, graceFlags, lifeFlags, limitFlags, readOnly, stdinFlags } from "./bindings.ts";

export const sandboxOperations = {
  create: unary({
    summary: "Create a sandbox and start it.",
    http: { method: "post", path: "/v1/sandboxes" },
    cli: {
      command: "sandbox create",
      rest: "command",
      flags: {
        ...limitFlags,
        ...lifeFlags,
        workspace: { parse: "workspace" },
        dependencies: { flag: "dependency" },
        ports: { flag: "publish", short: "p", parse: "port" },
        readiness: { flag: "ready", parse: "readiness" },
        readinessTimeoutMs: { flag: "ready-timeout", parse: "duration" },
        readinessIntervalMs: { flag: "ready-interval", parse: "duration" },
      },
    },
    mcp: changing,
    input: SandboxCreate,
    output: Sandbox,
  }),
  list: unary({
    summary: "List your sandboxes, newest first.",
    http: { method: "get", path: "/v1/sandboxes" },
    cli: { command: "sandbox ls", flags: { label: { short: "l" } } },
    mcp: readOnly,
    input: SandboxList,
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
      flags: {
        ...limitFlags,
        ...stdinFlags,
        code: { flag: "code-file", parse: "code-file" },
        user: { short: "u" },
        tty: { short: "t", parse: "terminal" },
        background: { short: "d" },
      },
    },
    mcp: changing,
    record: "own",
    input: SandboxExec,
    output: RunEvent,
  }),
  stats: stream({
    summary: "Measure what a sandbox takes: memory, processors, processes, traffic.",
    http: { method: "post", path: "/v1/sandboxes/{id}/stats" },
    cli: {
      command: "sandbox stats",
      positionals: ["id"],
      flags: { follow: { short: "f" }, intervalMs: { flag: "interval", parse: "duration" } },
      leaving: "It only looked on; nothing was changed.",
    },
    input: StatsInput,
    output: StatsEvent,
  }),
  history: unary({
    summary: "Read what a sandbox has taken, as a server has sampled it while it ran.",
    http: { method: "get", path: "/v1/sandboxes/{id}/history" },
    cli: {
      command: "sandbox history",
      positionals: ["id"],
      flags: { sinceMs: { flag: "since", parse: "duration" } },
    },
    mcp: { ...readOnly, defaults: { limit: 60 } },
    input: HistoryInput,
    output: SandboxHistory,
  }),
  output: unary({
    summary: "Read what a sandbox's own main process has printed.",
    http: { method: "get", path: "/v1/sandboxes/{id}/output" },
    cli: { command: "sandbox output", positionals: ["id"] },
    mcp: readOnly,
    input: SandboxOutputInput,
    output: SandboxOutput,
  }),
  runs: unary({
    summary: "List the runs of a sandbox, newest first.",
    http: { method: "get", path: "/v1/sandboxes/{id}/runs" },
    cli: { command: "sandbox runs", positionals: ["id"] },
    mcp: readOnly,
    input: z.strictObject({ id: SandboxRef, ...PageInput }),
    output: page(Run),
  }),
  stop: unary({
    summary: "Stop a sandbox: its processes end, its files stay.",
    http: { method: "post", path: "/v1/sandboxes/{id}/stop" },
    cli: { command: "sandbox stop", positionals: ["id"], flags: graceFlags },
    mcp: changing,
    input: z.strictObject({ id: SandboxRef, graceMs: GraceMs.optional() }),
    output: Sandbox,
  }),
  start: unary({
    summary: "Start a stopped sandbox, with the files that it had.",
    http: { method: "post", path: "/v1/sandboxes/{id}/start" },
    cli: { command: "sandbox start", positionals: ["id"] },
    mcp: changing,
    input: z.strictObject({ id: SandboxRef }),
    output: Sandbox,
  }),
  restart: unary({
    summary: "Stop a sandbox and start it again.",
    http: { method: "post", path: "/v1/sandboxes/{id}/restart" },
    cli: { command: "sandbox restart", positionals: ["id"], flags: graceFlags },
    input: z.strictObject({ id: SandboxRef, graceMs: GraceMs.optional() }),
    output: Sandbox,
  }),
  pause: unary({
    summary: "Pause a sandbox: its processes keep their memory and get no processor.",
    http: { method: "post", path: "/v1/sandboxes/{id}/pause" },
    cli: { command: "sandbox pause", positionals: ["id"] },
    input: z.strictObject({ id: SandboxRef }),
    output: Sandbox,
  }),
  resume: unary({
    summary: "Let a paused sandbox go on.",
    http: { method: "post", path: "/v1/sandboxes/{id}/resume" },
    cli: { command: "sandbox resume", positionals: ["id"] },
    input: z.strictObject({ id: SandboxRef }),
    output: Sandbox,
  }),
  logs: unary({
    summary: "Read what the last run of a sandbox printed.",
    http: { method: "get", path: "/v1/sandboxes/{id}/logs" },
    cli: { command: "sandbox logs", positionals: ["id"] },
    input: z.strictObject({ id: SandboxRef, ...LogSelection }),
    output: RunLog,
  }),
  snapshot: unary({
    summary: "Take a snapshot of a sandbox: its root filesystem and its workspace.",
    http: { method: "post", path: "/v1/sandboxes/{id}/snapshots" },
    cli: { command: "sandbox snapshot", positionals: ["id"] },
    mcp: changing,
    input: SandboxSnapshot,
    output: Snapshot,
  }),
  fork: unary({
    summary: "Make a second sandbox with the files and the settings of this one.",
    http: { method: "post", path: "/v1/sandboxes/{id}/fork" },
    cli: { command: "sandbox fork", positionals: ["id"], flags: lifeFlags },
    mcp: changing,
    input: SandboxFork,
    output: Sandbox,
  }),
  renew: unary({
    summary: "Count a sandbox's time to live from now again.",
    http: { method: "post", path: "/v1/sandboxes/{id}/renew" },
    cli: { command: "sandbox renew", positionals: ["id"], flags: { ttlMs: lifeFlags.ttlMs } },
    input: z.strictObject({ id: SandboxRef, ttlMs: TtlMs.optional() }),
    output: Sandbox,
  }),
  remove: unary({
    summary: "Remove a sandbox, its processes and its files.",
    http: { method: "delete", path: "/v1/sandboxes/{id}" },
    cli: { command: "sandbox rm", positionals: ["id"] },
    mcp: destructive,
    input: z.strictObject({ id: SandboxRef }),
    output: z.object({ id: Id, removed: z.literal(true) }),
  }),
} as const;
