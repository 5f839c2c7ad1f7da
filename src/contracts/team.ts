import { z } from "zod";
import { Role } from "./access.ts";
import { Name, Time } from "./primitives.ts";

export const Team = z
  .object({
    name: Name,
    createdAt: Time,
    members: z.array(z.object({ user: Name, role: Role })).meta({
      description:
        "By name. An `admin` sees to the members, a `member` uses what is the team's, a `viewer` looks at it.",
    }),
  })
  .meta({ id: "Team", description: "Users who own sandboxes, images, networks and volumes together." });

export const TeamUpdate = {
  name: Name,
  user: Name.meta({ description: "Who joins, or is a member already." }),
  role: Role.optional().meta({ description: "What they may do there.", default: "member" }),
  remove: z.boolean().optional().meta({ description: "They leave instead." }),
};
