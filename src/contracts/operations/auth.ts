import { z } from "zod";
import { Whoami } from "../access.ts";
import { unary } from "../operation.ts";
import { readOnly } from "./bindings.ts";

export const authOperations = {
  whoami: unary({
    summary: "Tell who you are here, and what you may do.",
    http: { method: "get", path: "/v1/whoami" },
    cli: { command: "auth whoami" },
    mcp: readOnly,
    access: "anyone",
    input: z.strictObject({}),
    output: Whoami,
  }),
} as const;
