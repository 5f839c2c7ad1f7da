import { z } from "zod";
import { Command, Encoding, EngineName, Id, Isolation, Limits, NetworkPolicy, Profile, Time } from "./primitives.ts";

export const RunStatus = z.enum(["running", "succeeded", "failed", "timed_out", "canceled", "interrupted"]).meta({
  id: "RunStatus",
  description: "From the exit code and the cause of the end; `interrupted`: Moorage was ended before the run was.",
});

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
    oomKilled: z.boolean().meta({ description: "True when the kernel ended a process for memory." }),
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
    peakMemoryBytes: z.int().nullable(),
    receiptId: Id.nullable(),
    warnings: z.array(z.string()),
  })
  .meta({ id: "RunResult" });

const chunk = { data: z.string(), encoding: Encoding };

export const RunEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("progress"), message: z.string() }),
    z.object({ type: z.literal("warning"), message: z.string() }),
    z.object({ type: z.literal("started"), runId: Id, sandboxId: Id, engine: EngineName, isolation: Isolation }),
    z.object({ type: z.literal("stdout"), ...chunk }),
    z.object({ type: z.literal("stderr"), ...chunk }),
    z.object({ type: z.literal("result"), result: RunResult }),
  ])
  .meta({ id: "RunEvent", description: "`result` is always the last event." });

/** A run as it is kept: its result without the output, and what was asked for. */
export const Run = RunResult.omit({ stdout: true, stderr: true, stdoutBase64: true, stderrBase64: true })
  .extend({ kind: z.enum(["exec", "job", "agent"]), command: Command, agentId: z.string().nullable() })
  .meta({ id: "Run" });

/** A kept run with the output that was recorded. */
export const RunRecord = Run.extend({ stdout: z.string(), stderr: z.string() }).meta({ id: "RunRecord" });
