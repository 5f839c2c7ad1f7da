import { z } from "zod";
import { Time } from "./primitives.ts";

export const NetworkDecision = z
  .object({
    at: Time,
    host: z.string(),
    port: z.int(),
    allowed: z.boolean().meta({ description: "The decision: whether the policy lets the request out." }),
    outcome: z.enum(["connected", "failed"]).nullable().meta({
      description: "What came of an allowed request on its way to the host; null: it was refused.",
    }),
    reason: z.string().nullable().meta({ description: "Why it was refused, or what failed on the way to the host." }),
  })
  .meta({ id: "NetworkDecision", description: "What the egress proxy decided about one request of a sandbox." });
