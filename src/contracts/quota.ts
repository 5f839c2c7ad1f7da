import { z } from "zod";
import { Name } from "./primitives.ts";

const QUOTAS = [
  ...(["sandboxes", "cpus", "memoryBytes", "diskBytes", "builds", "runs", "requestsPerMinute"] as const),
] as const;

export const QuotaName = z.enum(QUOTAS).meta({ id: "QuotaName" });

const count = z.int("expected a whole number").min(0, "expected at least 0");

/** What one user may take together with their agents; what is absent has no bound of its own. */
export const QuotaLimits = z
  .strictObject({
    sandboxes: count.optional().meta({ description: "Sandboxes that are not archived." }),
    cpus: z.number().min(0, "expected at least 0").optional().meta({
      description: "Processors of all sandboxes that run or are paused, and of all jobs.",
    }),
    memoryBytes: count.optional().meta({
      description: "Bytes of memory of all sandboxes that run or are paused, and of all jobs.",
    }),
    diskBytes: count.optional().meta({
      description: "Bytes of disk of all sandboxes that are not archived, and of all jobs.",
    }),
    builds: count.optional().meta({ description: "Builds at work at once." }),
    runs: count.optional().meta({ description: "Runs at once, in sandboxes and of jobs." }),
    requestsPerMinute: z.int().min(1, "expected at least 1").optional().meta({
      description: "Requests to the server in a minute.",
    }),
  })
  .meta({ id: "QuotaLimits" });

export const QuotaSet = z
  .strictObject({
    user: Name.meta({ description: "Whose." }),
    ...QuotaLimits.shape,
    unlimited: z.array(QuotaName).optional().meta({ description: "Quotas that are not to bind this user." }),
    reset: z.boolean().optional().meta({ description: "First goes back to what the settings say for everybody." }),
  })
  .refine(({ user: _user, ...given }) => Object.values(given).some((value) => value !== undefined), {
    message: "expected at least one quota, `unlimited` or `reset`",
  })
  .refine(({ unlimited = [], ...given }) => unlimited.every((name) => given[name] === undefined), {
    message: "expected no quota both with a value and as unlimited",
  });

export const Quotas = z
  .object({
    user: Name,
    quotas: z.array(
      z.object({
        quota: QuotaName,
        used: z
          .number()
          .nullable()
          .meta({ description: "By the user and the user's agents; null: it is not counted." }),
        allowed: z.number().nullable().meta({ description: "Null: as much as the machine has." }),
        own: z.boolean().meta({ description: "Whether it is set for this user, and not for everybody." }),
      }),
    ),
  })
  .meta({ id: "Quotas", description: "What a user takes together with their agents, and what they may take." });
