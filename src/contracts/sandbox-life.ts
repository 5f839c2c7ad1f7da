import { z } from "zod";
import { PageInput } from "./primitives.ts";

export const SandboxState = z
  .enum(["starting", "running", "paused", "stopped", "archived", "lost", "error"])
  .meta({ id: "SandboxState" });

export const PausedBy = z.enum(["owner", "idle", "engine"]).meta({
  id: "PausedBy",
  description:
    "Who paused or stopped it: its owner, Moorage because it was idle (the next run or file access wakes it), or the engine.",
});

const LABEL_KEY = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;
const MAX_LABELS = 64;
const MAX_TIMER_MS = 366 * 86_400_000;

export const Labels = z
  .record(
    z.string().regex(LABEL_KEY, "expected a key of 1 to 63 of A-Z, a-z, 0-9 and inner . _ / -"),
    z.string().max(256, "expected at most 256 characters"),
  )
  .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `expected at most ${MAX_LABELS} labels`)
  .meta({ id: "Labels", description: "Its owner's own keys and values, to find it by; the engine does not see them." });

export const IdleTimeoutMs = z
  .int()
  .min(0, "expected 0 (never) or more")
  .max(MAX_TIMER_MS, "expected at most 366 days")
  .meta({ description: "Time in milliseconds without a run or file access until it is paused by itself; 0: never." });

export const TtlMs = z
  .int()
  .min(1, "expected at least 1 ms")
  .max(MAX_TIMER_MS, "expected at most 366 days")
  .meta({ description: "Time in milliseconds until it is removed, whatever it does." });

export const GraceMs = z
  .int()
  .min(0, "expected 0 or more")
  .max(600_000, "expected at most 10 minutes")
  .meta({ description: "Time in milliseconds between TERM and KILL.", default: 10_000 });

export const SandboxList = z.strictObject({
  state: z.array(SandboxState).min(1, "expected one at least").optional().meta({
    description:
      "In one of these states: starting, running, paused, stopped, archived, lost, error. May be given more than once.",
  }),
  label: z
    .array(z.string().regex(/^[^=]+=/, "expected KEY=VALUE"))
    .min(1, "expected one at least")
    .optional()
    .meta({ description: "With this label, as KEY=VALUE; with all of them when given more than once." }),
  namePrefix: z.string().max(63).optional().meta({ description: "Whose name begins so." }),
  image: z.string().max(512).optional().meta({ description: "Made from this image reference." }),
  ...PageInput,
});
