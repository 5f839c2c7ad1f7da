import { z } from "zod";
import { unary } from "../operation.ts";
import { Name, page, PageInput } from "../primitives.ts";
import { Team, TeamUpdate } from "../team.ts";

export const teamOperations = {
  create: unary({
    summary: "Make a team, of which you are the first administrator.",
    http: { method: "post", path: "/v1/teams" },
    cli: { command: "team create", positionals: ["name"] },
    access: "admin",
    input: z.strictObject({ name: Name }),
    output: Team,
  }),
  list: unary({
    summary: "List the teams that you are in; administrators see all.",
    http: { method: "get", path: "/v1/teams" },
    cli: { command: "team ls" },
    input: z.strictObject(PageInput),
    output: page(Team),
  }),
  get: unary({
    summary: "Read a team with its members.",
    http: { method: "get", path: "/v1/teams/{name}" },
    cli: { command: "team get", positionals: ["name"] },
    input: z.strictObject({ name: Name }),
    output: Team,
  }),
  update: unary({
    summary: "Let a user into a team, change their role there, or let them leave.",
    http: { method: "put", path: "/v1/teams/{name}/members/{user}" },
    cli: { command: "team update", positionals: ["name", "user"] },
    input: z.strictObject(TeamUpdate),
    output: Team,
  }),
  delete: unary({
    summary: "Dissolve a team that has no sandboxes; its name is never given again.",
    http: { method: "delete", path: "/v1/teams/{name}" },
    cli: { command: "team rm", positionals: ["name"] },
    input: z.strictObject({ name: Name }),
    output: Team,
  }),
} as const;
