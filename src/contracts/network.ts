import { z } from "zod";
import { EngineName, Id, Name, Time } from "./primitives.ts";

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

const NetworkMember = z
  .object({
    id: Id.meta({ description: "The sandbox's, also of a job; members reach it by this as a host's name." }),
    kind: z.enum(["sandbox", "job", "agent"]),
    name: z
      .string()
      .nullable()
      .meta({ description: "The sandbox's name or the agent's id, by which they reach it too." }),
    state: z.string().meta({ description: "Of the sandbox, or the run's status." }),
    address: z.string().nullable().meta({ description: "Null while it has none." }),
  })
  .meta({ id: "NetworkMember" });

export const Network = z
  .object({
    id: Id,
    name: Name,
    owner: z.string(),
    engine: EngineName,
    subnet: z.string().nullable().meta({ description: "Null where this engine does not show it." }),
    createdAt: Time,
    members: z.array(NetworkMember),
  })
  .meta({ id: "Network", description: "An internal network, whose members reach one another and nothing else." });
