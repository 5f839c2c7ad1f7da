import { z } from "zod";
import { unary } from "../operation.ts";
import { Name, page, PageInput } from "../primitives.ts";
import { Quotas, QuotaSet } from "../quota.ts";
import { readOnly } from "./bindings.ts";

export const quotaOperations = {
  get: unary({
    summary: "Tell what you take together with your agents, and what you may take.",
    http: { method: "get", path: "/v1/quota" },
    cli: { command: "quota get", positionals: ["user"] },
    mcp: readOnly,
    access: "anyone",
    input: z.strictObject({
      user: Name.optional().meta({ description: "Whose; administrators may name others. Yours otherwise." }),
    }),
    output: Quotas,
  }),
  list: unary({
    summary: "List the users for whom quotas are set.",
    http: { method: "get", path: "/v1/quotas" },
    cli: { command: "quota ls" },
    access: "admin",
    input: z.strictObject(PageInput),
    output: page(Quotas),
  }),
  set: unary({
    summary: "Set what a user may take together with their agents; what is not named stays as it is.",
    http: { method: "put", path: "/v1/quotas/{user}" },
    cli: {
      command: "quota set",
      positionals: ["user"],
      flags: { memoryBytes: { flag: "memory", parse: "bytes" }, diskBytes: { flag: "disk", parse: "bytes" } },
    },
    access: "admin",
    input: QuotaSet,
    output: Quotas,
  }),
} as const;
