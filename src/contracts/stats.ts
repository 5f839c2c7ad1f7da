import { z } from "zod";
import { Id, SandboxRef, Time } from "./primitives.ts";

const measured = z.number().nullable();

export const SandboxStats = z
  .object({
    sandboxId: Id,
    at: Time,
    memoryBytes: measured.meta({ description: "In use, without the cache that the kernel gives back by itself." }),
    memoryLimitBytes: z.int(),
    cpus: measured.meta({ description: "Processors kept busy since the sample before, such as 0.25." }),
    cpuMs: measured.meta({ description: "Processor time so far." }),
    pids: measured.meta({ description: "Processes and threads." }),
    receivedBytes: measured.meta({ description: "Through its network so far; null without one." }),
    sentBytes: measured,
  })
  .meta({ id: "SandboxStats", description: "What a sandbox takes; null is what this engine does not measure." });

export const StatsEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("sample"), sample: SandboxStats }),
    z.object({ type: z.literal("ended"), reason: z.string() }),
  ])
  .meta({ id: "StatsEvent", description: "`ended` is the last event when the sandbox stops while it is followed." });

export const StatsInput = z.strictObject({
  id: SandboxRef,
  follow: z.boolean().optional().meta({ description: "Go on until the sandbox stops.", default: false }),
  intervalMs: z.int().min(100, "expected at least 100 ms").max(60_000, "expected at most 60 s").optional().meta({
    description: "Time between two samples in milliseconds.",
    default: 1000,
  }),
});

const MAX_SINCE_MS = 366 * 86_400_000;

export const HistoryInput = z.strictObject({
  id: SandboxRef,
  sinceMs: z
    .int()
    .min(1, "expected at least 1 ms")
    .max(MAX_SINCE_MS, "expected at most 366 days")
    .optional()
    .meta({ description: "How far back in milliseconds; all that is kept otherwise." }),
  limit: z
    .int()
    .min(1, "expected at least 1")
    .max(10_000, "expected at most 10000")
    .optional()
    .meta({ description: "Only the newest samples.", default: 1000 }),
});

export const SandboxHistory = z
  .object({
    sandboxId: Id,
    items: z.array(SandboxStats).meta({ description: "In the order of their time." }),
    intervalMs: z.int().meta({ description: "Time between two samples of the server; 0: it takes none." }),
    keptMs: z.int().meta({ description: "For how long a sample is kept." }),
    sampling: z.boolean().meta({ description: "False: who answers takes no samples, as without a server." }),
  })
  .meta({ id: "SandboxHistory" });
