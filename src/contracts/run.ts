import { z } from "zod";
import {
  Command,
  Encoding,
  EngineName,
  Id,
  Isolation,
  Limits,
  NetworkPolicy,
  Profile,
  Runtime,
  SandboxRef,
  Time,
} from "./primitives.ts";

export const RunStatus = z.enum(["running", "succeeded", "failed", "timed_out", "canceled", "interrupted"]).meta({
  id: "RunStatus",
  description:
    "From the exit code and the cause of the end; `interrupted`: nobody saw its end, because Moorage was ended before, or its engine failed.",
});

export const Reason = z
  .string()
  .nullable()
  .meta({ description: "Of a run that was canceled or timed out: why, by whom, and what was ended; null otherwise." });

/** What happened in one run. Measured, never asserted; what could not be measured is null. */
export const RunResult = z
  .object({
    runId: Id,
    sandboxId: Id,
    status: RunStatus,
    exitCode: z.int().min(0).max(255).nullable().meta({
      description: "The program's own code; 124 after the deadline; null where nobody saw the end.",
    }),
    stdout: z
      .string()
      .meta({ description: "UTF-8; bytes that are not become U+FFFD. Long output keeps its head and tail." }),
    stderr: z.string(),
    stdoutBase64: z.string().optional().meta({ description: "The same bytes exactly, given when they are not UTF-8." }),
    stderrBase64: z.string().optional(),
    stdoutBytes: z.int().meta({ description: "Bytes printed, whether kept or not." }),
    stderrBytes: z.int(),
    truncated: z.boolean().meta({ description: "True when the record kept only head and tail." }),
    timedOut: z.boolean(),
    oomKilled: z.boolean().meta({
      description:
        "True when the kernel ended the program for memory: by a KILL that nobody sent (137), while its counter rose. Of a program that came to an end of its own, and lost another process that way, a warning tells.",
    }),
    signal: z
      .string()
      .nullable()
      .meta({ description: "The signal that ended the run, where Moorage or the engine knows it." }),
    startedAt: Time,
    durationMs: z.int().nullable(),
    engine: EngineName,
    isolation: Isolation,
    imageDigest: z.string().nullable().meta({ description: "Digest of the image; null on an engine without images." }),
    profile: Profile,
    limits: Limits,
    network: NetworkPolicy,
    runtime: Runtime.nullable(),
    peakMemoryBytes: z.int().nullable(),
    receiptId: Id.nullable(),
    warnings: z.array(z.string()),
    reason: Reason,
  })
  .meta({ id: "RunResult" });

const chunk = {
  offset: z
    .int()
    .optional()
    .meta({ description: "Place of its first byte in the run's log, which counts the bytes of both streams." }),
  data: z.string(),
  encoding: Encoding,
};

const gap = {
  offset: z.int(),
  bytes: z.int().meta({
    description:
      "Printed here, and no longer kept, or not passed on to who was too slow to read it while the run was being ended.",
  }),
};

export const RunEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("progress"), message: z.string() }),
    z.object({ type: z.literal("warning"), message: z.string() }),
    z.object({ type: z.literal("started"), runId: Id, sandboxId: Id, engine: EngineName, isolation: Isolation }),
    z.object({ type: z.literal("stdout"), ...chunk }),
    z.object({ type: z.literal("stderr"), ...chunk }),
    z.object({ type: z.literal("gap"), ...gap }),
    z.object({ type: z.literal("result"), result: RunResult }),
  ])
  .meta({ id: "RunEvent", description: "`result` is always the last event." });

export const RunKind = z.enum(["exec", "job", "agent"]).meta({ id: "RunKind" });

/** A run as it is kept: its result without the output, and what was asked for. */
export const Run = RunResult.omit({ stdout: true, stderr: true, stdoutBase64: true, stderrBase64: true })
  .extend({ kind: RunKind, command: Command, agentId: z.string().nullable() })
  .meta({ id: "Run" });

/** A kept run with the output that was recorded. */
export const RunRecord = Run.extend({ stdout: z.string(), stderr: z.string() }).meta({ id: "RunRecord" });

const line = { offset: z.int(), time: Time, data: z.string(), encoding: Encoding };

/** A piece of what a run printed, read from its log. */
export const RunLog = z
  .object({
    runId: Id,
    status: RunStatus,
    items: z.array(
      z.discriminatedUnion("type", [
        z.object({ type: z.literal("stdout"), ...line }),
        z.object({ type: z.literal("stderr"), ...line }),
        z.object({ type: z.literal("gap"), ...gap }),
      ]),
    ),
    nextOffset: z.int().meta({ description: "Where the next read goes on." }),
    complete: z.boolean().meta({ description: "True when the run has ended and nothing follows." }),
  })
  .meta({ id: "RunLog" });

const MAX_PAGE_BYTES = 8 * 1024 * 1024;
const MAX_TAIL_LINES = 100_000;

/** What of a log is read. */
export const LogSelection = {
  offset: z
    .int()
    .min(0, "expected at least 0")
    .optional()
    .meta({ description: "First byte to read: an offset that a read answered.", default: 0 }),
  tail: z
    .int()
    .min(0, "expected at least 0")
    .max(MAX_TAIL_LINES, `expected at most ${MAX_TAIL_LINES}`)
    .optional()
    .meta({ description: "Only the last lines of each stream; 0 for none, which answers where the log ends." }),
  stream: z
    .enum(["stdout", "stderr"])
    .optional()
    .meta({ description: "One stream only; both, in the order in which they came, otherwise." }),
  limit: z
    .int()
    .min(1, "expected at least 1")
    .max(MAX_PAGE_BYTES, `expected at most ${MAX_PAGE_BYTES}`)
    .optional()
    .meta({ description: "Bytes to answer at most; with `tail` the last ones.", default: 1024 * 1024 }),
};

/** A run that is asked for. */
export const RunRef = Id.meta({ description: "A run's id, as its result and `runs ls` tell it." });

export const RunFilter = {
  sandbox: SandboxRef.optional().meta({ description: "Only runs of this sandbox: its id, name or conversation id." }),
  status: RunStatus.optional().meta({
    description: "Only runs with this status; `interrupted`: nobody saw their end.",
  }),
  kind: RunKind.optional().meta({ description: "Only runs in a sandbox, only jobs, or only runs of agents." }),
  agent: z.string().min(1).max(64).optional().meta({ description: "Only runs of this agent." }),
};

const MAX_INPUT_CHARACTERS = 8 * 1024 * 1024;

export const RunInput = z.strictObject({
  runId: RunRef,
  data: z.string().max(MAX_INPUT_CHARACTERS).meta({ description: "What the program reads next." }),
  encoding: Encoding.optional().meta({ default: "utf8" }),
  offset: z.int().min(0, "expected at least 0").optional().meta({
    description:
      "Bytes sent before these. With it, what is sent twice is taken once; behind all that was taken otherwise.",
  }),
  close: z.boolean().optional().meta({ description: "Nothing follows these: the program reads the end of its input." }),
});

export const RunInputTaken = z.object({
  runId: Id,
  nextOffset: z.int().meta({ description: "Bytes taken so far. Less than was sent where the program does not read." }),
  closed: z.boolean().meta({ description: "True when no more is read." }),
});

export const RunWait = z.strictObject({
  runId: RunRef,
  pattern: z.string().min(1).max(256).optional().meta({
    description:
      "Wait for a line of output that matches this regular expression, in RE2's syntax; for the run's end otherwise.",
  }),
  port: z
    .int()
    .min(1, "expected at least 1")
    .max(65_535, "expected at most 65535")
    .optional()
    .meta({ description: "Wait until something listens on this port in the sandbox." }),
  timeoutMs: z
    .int()
    .min(1, "expected at least 1 ms")
    .max(3_600_000, "expected at most an hour")
    .optional()
    .meta({ description: "Longest wait in milliseconds.", default: 30_000 }),
});

export const RunWaited = z.object({
  runId: Id,
  ok: z.boolean().meta({ description: "True when what was waited for has come." }),
  reason: z.enum(["ended", "matched", "listening", "timeout"]).meta({ description: "What ended the wait." }),
  line: z.string().nullable().meta({ description: "The line that matched." }),
  status: RunStatus,
  exitCode: z.int().nullable(),
});

const SIGNALS = ["HUP", "INT", "QUIT", "TERM", "KILL", "STOP", "CONT", "USR1", "USR2"];

export const Signal = z
  .string()
  .regex(new RegExp(`^(?:SIG)?(?:${SIGNALS.join("|")})$`), `expected ${SIGNALS.join(", ")}, with or without SIG`)
  .meta({ id: "Signal", description: "Name of a signal, with or without `SIG`." });
