import { z } from "zod";
import { unary } from "../operation.ts";
import { Name, page, PageInput } from "../primitives.ts";
import { Receipt } from "../receipt.ts";

export const auditOperations = {
  list: unary({
    summary: "List who did what, newest first: every change, run, build and export.",
    http: { method: "get", path: "/v1/audit" },
    cli: { command: "audit ls" },
    access: "admin",
    input: z.strictObject({
      user: Name.optional().meta({ description: "Only what this user and the user's agents did." }),
      ...PageInput,
    }),
    output: page(Receipt),
  }),
} as const;
