import { z } from "zod";
import { TokenCheck, Whoami } from "../access.ts";
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
  check: unary({
    summary: "Explain a token of an identity provider: which checks it passes, and whom it lets in.",
    http: { method: "post", path: "/v1/auth/check" },
    cli: { command: "auth check", flags: { token: { parse: "secret-file" } } },
    access: "anyone",
    record: "none",
    // It tells how a token is now.
    secret: true,
    input: z.strictObject({
      token: z.string().min(1, "expected a token").max(20_000, "expected at most 20000 characters").meta({
        description: "The token; unless you are an administrator, one of your own. It is kept nowhere.",
      }),
    }),
    output: TokenCheck,
  }),
} as const;
