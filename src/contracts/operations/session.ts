import { z } from "zod";
import { unary } from "../operation.ts";
import { SandboxRef } from "../primitives.ts";
import { Session, SessionName } from "../session.ts";
import { destructive, readOnly } from "./bindings.ts";

export const sessionOperations = {
  list: unary({
    summary: "List the shell sessions of a sandbox; `sandbox exec --session` starts them.",
    http: { method: "get", path: "/v1/sandboxes/{id}/sessions" },
    cli: { command: "session ls", positionals: ["id"] },
    mcp: readOnly,
    input: z.strictObject({ id: SandboxRef }),
    output: z.object({ items: z.array(Session), nextCursor: z.null() }),
  }),
  remove: unary({
    summary: "End a shell session, and the command that it is busy with.",
    http: { method: "delete", path: "/v1/sandboxes/{id}/sessions/{name}" },
    cli: { command: "session rm", positionals: ["id", "name"] },
    mcp: destructive,
    input: z.strictObject({ id: SandboxRef, name: SessionName }),
    output: z.object({ name: SessionName, removed: z.literal(true) }),
  }),
} as const;
