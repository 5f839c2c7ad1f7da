import { z } from "zod";
import { EngineName } from "./primitives.ts";
import { ProbeOutcome } from "./probe.ts";

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
    ok: z.boolean().meta({ description: "True only when a sandbox ran, and no probe got out." }),
    engine: EngineName,
    findings: z.array(Finding),
    probes: z.array(ProbeOutcome).optional().meta({ description: "What held, where it was asked for and a job ran." }),
  })
  .meta({ id: "DoctorReport" });

export const DoctorInput = z
  .strictObject({
    preflight: z.boolean().optional().meta({ description: "Only the five checks before a first run, in their order." }),
    probe: z.boolean().optional().meta({
      description: "After these five, try to get out of sandboxes of each profile and network policy; takes minutes.",
    }),
  })
  .refine(({ preflight, probe }) => preflight !== true || probe !== true, {
    message: "expected none beside preflight",
    path: ["probe"],
  });

export const CleanupReport = z
  .object({
    ok: z.boolean().meta({ description: "True when nothing failed." }),
    removed: z.array(z.object({ kind: z.string(), id: z.string() })),
    recovered: z.array(z.object({ runId: z.string(), status: z.string() })).meta({
      description: "Runs that were left open by a Moorage that was ended, now recorded.",
    }),
    failed: z
      .array(z.object({ kind: z.string(), id: z.string(), code: z.string(), message: z.string() }))
      .meta({ description: "What could not be done now; each sweep of a server, and each cleanup, tries it again." }),
  })
  .meta({ id: "CleanupReport" });
