import { z } from "zod";
import { EngineName } from "./primitives.ts";

export const Finding = z
  .object({
    check: z.string().meta({ description: "Stable name of the check, such as `engine.socket`." }),
    status: z.enum(["ok", "warning", "failed"]),
    message: z.string().meta({ description: "What was found, with the value." }),
    fix: z.string().nullable().meta({ description: "What to do on this system; null when nothing is needed." }),
  })
  .meta({ id: "Finding" });

export const DoctorReport = z
  .object({
    ok: z.boolean().meta({ description: "True only when a sandbox ran." }),
    engine: EngineName,
    findings: z.array(Finding),
  })
  .meta({ id: "DoctorReport" });

export const DoctorInput = z.strictObject({
  preflight: z.boolean().optional().meta({ description: "Only the five checks before a first run, in their order." }),
});

export const CleanupReport = z
  .object({
    removed: z.array(z.object({ kind: z.string(), id: z.string() })),
    recovered: z.array(z.object({ runId: z.string(), status: z.string() })).meta({
      description: "Runs that were left open by a Moorage that was ended, now recorded.",
    }),
  })
  .meta({ id: "CleanupReport" });
