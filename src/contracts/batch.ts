import { z } from "zod";
import { AgentRun, JobRun } from "./exec.ts";
import { EngineName, Hash, Id, Isolation } from "./primitives.ts";
import { RunResult } from "./run.ts";

const MAX_JOBS = 1000;
const MAX_CONCURRENCY = 64;

export const BatchJob = JobRun.omit({ interactive: true })
  .extend({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}$/, "expected 1 to 64 of A-Z, a-z, 0-9, _, ., :, / and -")
      .optional()
      .meta({ description: "Shown for this job; its agent's id or its place in the list otherwise." }),
    agentId: AgentRun.shape.agentId.optional().meta({ description: "Makes it a run of this agent, as `agent.run`." }),
    shell: AgentRun.shape.shell,
  })
  .refine(({ agentId, workspace }) => agentId === undefined || workspace !== undefined, {
    message: "expected a workspace, for a run of an agent needs one",
    path: ["workspace"],
  })
  .refine(({ agentId, shell }) => agentId !== undefined || shell === undefined, {
    message: 'expected none without agentId; write ["sh", "-c", "…"] as the command',
    path: ["shell"],
  })
  .meta({ id: "BatchJob", description: "One job of a batch: the fields of `job.run`, or of `agent.run`." });

export const JobBatch = z.strictObject({
  jobs: z
    .array(BatchJob)
    .min(1, "expected at least one job")
    .max(MAX_JOBS, `expected at most ${MAX_JOBS} jobs`)
    .meta({ description: "Started in this order; those that share a directory run one after the other." }),
  concurrency: z
    .int()
    .min(1, "expected at least 1")
    .max(MAX_CONCURRENCY, `expected at most ${MAX_CONCURRENCY}`)
    .optional()
    .meta({ description: "Jobs at one time; as many as there are processors otherwise." }),
  failFast: z.boolean().optional().meta({
    description: "At the first job that does not succeed, cancel those that run and skip the others.",
    default: false,
  }),
});

export const BatchJobStatus = z
  .enum(["succeeded", "failed", "timed_out", "interrupted", "error", "canceled", "skipped"])
  .meta({
    id: "BatchJobStatus",
    description:
      "`error`: Moorage or the engine refused or failed; `canceled` and `skipped`: by failFast, while it ran or before.",
  });

const job = { index: z.int().min(0), name: z.string() };

export const BatchSummary = z
  .object({
    ok: z.boolean().meta({ description: "True when every job succeeded." }),
    total: z.int(),
    counts: z.record(BatchJobStatus, z.int()).meta({ description: "Jobs by how they ended." }),
    concurrency: z.int().meta({ description: "How many ran at one time at most." }),
    durationMs: z.int(),
  })
  .meta({ id: "BatchSummary" });

export const BatchEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("warning"), message: z.string() }),
    z.object({ type: z.literal("preparing"), ...job }),
    z.object({ type: z.literal("progress"), ...job, message: z.string() }),
    z.object({
      type: z.literal("started"),
      ...{ ...job, runId: Id, sandboxId: Id, engine: EngineName, isolation: Isolation },
    }),
    z.object({
      type: z.literal("ended"),
      ...job,
      status: BatchJobStatus,
      runId: Id.nullable(),
      result: RunResult.nullable().meta({ description: "Null where the job has no result: error, canceled, skipped." }),
      error: z
        .object({ code: z.string(), message: z.string(), hint: z.string(), retry: z.boolean() })
        .nullable()
        .meta({ description: "Why Moorage or the engine refused or failed." }),
      workspaceBefore: Hash.nullable().meta({ description: "As on the receipt; null where there is none." }),
      workspaceAfter: Hash.nullable(),
    }),
    z.object({ type: z.literal("summary"), summary: BatchSummary }),
  ])
  .meta({ id: "BatchEvent", description: "One `ended` for each job; `summary` is always the last event." });
