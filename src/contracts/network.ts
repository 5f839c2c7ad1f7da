import { z } from "zod";
import { Time } from "./primitives.ts";

export const NetworkDecision = z
  .object({
    at: Time,
    host: z.string(),
    port: z.int(),
    allowed: z.boolean(),
    reason: z.string().nullable().meta({ description: "Why it was refused, or what failed on the way to the host." }),
  })
  .meta({ id: "NetworkDecision", description: "What the egress proxy decided about one request of a sandbox." });
