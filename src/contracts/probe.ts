import { z } from "zod";
import { NetworkPolicy, Profile } from "./primitives.ts";

export const ProbeOutcome = z
  .object({
    profile: Profile,
    network: NetworkPolicy,
    probe: z.string().meta({ description: "Stable name, such as `user-namespace`." }),
    tries: z.string().meta({ description: "What the program inside tried." }),
    outcome: z.enum(["held", "broken", "by_design", "not_tried"]).meta({
      description: "`by_design`: the profile or the policy grants this. `not_tried` is never counted as held.",
    }),
    message: z.string().meta({ description: "What was seen, or why it was not tried." }),
  })
  .meta({ id: "ProbeOutcome" });
