import { z } from "zod";
import { CreatedKey, Key, KeyCreate, RevokedKey } from "../access.ts";
import { unary } from "../operation.ts";
import { Id, Name, page, PageInput } from "../primitives.ts";
import { limitFlags } from "./bindings.ts";

export const keyOperations = {
  create: unary({
    summary: "Make an API key, for yourself or for an agent; it is shown once.",
    http: { method: "post", path: "/v1/keys" },
    cli: {
      command: "key create",
      flags: { ...limitFlags, ttlMs: { flag: "ttl", parse: "duration" } },
    },
    secret: true,
    input: KeyCreate,
    output: CreatedKey,
  }),
  list: unary({
    summary: "List your API keys and those of your agents, newest first.",
    http: { method: "get", path: "/v1/keys" },
    cli: { command: "key ls" },
    input: z.strictObject({
      user: Name.optional().meta({ description: "Whose; administrators may name others." }),
      ...PageInput,
    }),
    output: page(Key),
  }),
  get: unary({
    summary: "Read an API key: whose it is, what it may do, when it was used.",
    http: { method: "get", path: "/v1/keys/{id}" },
    cli: { command: "key get", positionals: ["id"] },
    input: z.strictObject({ id: Id }),
    output: Key,
  }),
  revoke: unary({
    summary: "Revoke an API key and all that were made with it; from then on they open nothing.",
    http: { method: "delete", path: "/v1/keys/{id}" },
    cli: { command: "key revoke", positionals: ["id"] },
    input: z.strictObject({ id: Id }),
    output: RevokedKey,
  }),
} as const;
