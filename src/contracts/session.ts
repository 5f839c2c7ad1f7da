import { z } from "zod";
import { Id, Name, Time } from "./primitives.ts";

export const SessionName = Name.meta({ id: "SessionName", description: "A DNS label, unique in its sandbox." });

export const Session = z
  .object({
    name: SessionName,
    createdAt: Time,
    lastUsedAt: Time,
    runId: Id.nullable().meta({ description: "The run that it is busy with." }),
  })
  .meta({ id: "Session", description: "A shell that stays in a sandbox between commands." });
