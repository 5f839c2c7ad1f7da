import { z } from "zod";
import { NetworkDecision } from "../network.ts";
import { unary } from "../operation.ts";
import { NetworkPolicy, page, PageInput, SandboxRef } from "../primitives.ts";
import { Sandbox } from "../sandbox.ts";
import { changing, readOnly } from "./bindings.ts";

export const networkOperations = {
  set: unary({
    summary: "Change the allow list of a sandbox, in force at once.",
    http: { method: "put", path: "/v1/sandboxes/{id}/network" },
    cli: { command: "network set", positionals: ["id", "network"] },
    mcp: changing,
    input: z.strictObject({ id: SandboxRef, network: NetworkPolicy }),
    output: Sandbox,
  }),
  log: unary({
    summary: "List what the egress proxy decided for a sandbox, newest first.",
    http: { method: "get", path: "/v1/sandboxes/{id}/network/log" },
    cli: { command: "network log", positionals: ["id"] },
    mcp: readOnly,
    input: z.strictObject({ id: SandboxRef, ...PageInput }),
    output: page(NetworkDecision),
  }),
} as const;
