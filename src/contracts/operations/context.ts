import { z } from "zod";
import { ContextCreate, ContextSummary, StagedContext } from "../context.ts";
import { unary } from "../operation.ts";
import { Id, page, PageInput } from "../primitives.ts";
import { changing, destructive, readOnly } from "./bindings.ts";

export const contextOperations = {
  create: unary({
    summary: "Stage what an image is to be built from, and read its Dockerfile.",
    http: { method: "post", path: "/v1/contexts" },
    cli: {
      command: "context create",
      positionals: ["path"],
      flags: { path: { parse: "host-directory" }, files: { offered: false } },
    },
    mcp: changing,
    input: ContextCreate,
    output: StagedContext,
  }),
  list: unary({
    summary: "List your staged build contexts, newest first.",
    http: { method: "get", path: "/v1/contexts" },
    cli: { command: "context ls" },
    mcp: readOnly,
    input: z.strictObject(PageInput),
    output: page(ContextSummary),
  }),
  get: unary({
    summary: "Read a staged build context: its size, what was left out, its Dockerfile.",
    http: { method: "get", path: "/v1/contexts/{id}" },
    cli: { command: "context get", positionals: ["id"] },
    mcp: readOnly,
    input: z.strictObject({ id: Id }),
    output: StagedContext,
  }),
  remove: unary({
    summary: "Remove a staged build context.",
    http: { method: "delete", path: "/v1/contexts/{id}" },
    cli: { command: "context rm", positionals: ["id"] },
    mcp: destructive,
    input: z.strictObject({ id: Id }),
    output: z.object({ id: Id, removed: z.literal(true) }),
  }),
} as const;
