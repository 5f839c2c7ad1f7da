import { z } from "zod";
import { Role, User, UserCreate } from "../access.ts";
import { unary } from "../operation.ts";
import { Name, page, PageInput } from "../primitives.ts";

export const userOperations = {
  create: unary({
    summary: "Add a user, who can then be given keys.",
    http: { method: "post", path: "/v1/users" },
    cli: { command: "user create", positionals: ["name"] },
    access: "admin",
    input: UserCreate,
    output: User,
  }),
  list: unary({
    summary: "List the users, by name.",
    http: { method: "get", path: "/v1/users" },
    cli: { command: "user ls" },
    access: "admin",
    input: z.strictObject(PageInput),
    output: page(User),
  }),
  get: unary({
    summary: "Read a user: role, and since when.",
    http: { method: "get", path: "/v1/users/{name}" },
    cli: { command: "user get", positionals: ["name"] },
    access: "admin",
    input: z.strictObject({ name: Name }),
    output: User,
  }),
  update: unary({
    summary: "Change a user's role, or let none of their keys work.",
    http: { method: "put", path: "/v1/users/{name}" },
    cli: { command: "user update", positionals: ["name"] },
    access: "admin",
    input: z.strictObject({
      name: Name,
      role: Role.optional(),
      disabled: z.boolean().optional().meta({ description: "Whether their keys are refused." }),
    }),
    output: User,
  }),
} as const;
