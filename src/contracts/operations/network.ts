import { z } from "zod";
import { Network, NetworkDecision } from "../network.ts";
import { unary } from "../operation.ts";
import { Id, Name, NetworkPolicy, page, PageInput, SandboxRef } from "../primitives.ts";
import { Sandbox } from "../sandbox.ts";
import { changing, destructive, readOnly } from "./bindings.ts";

export const networkOperations = {
  ensure: unary({
    summary: "Make an internal network that sandboxes and jobs may join with --network net:NAME.",
    http: { method: "put", path: "/v1/networks/{name}" },
    cli: { command: "network ensure", positionals: ["name"] },
    mcp: changing,
    input: z.strictObject({ name: Name }),
    output: Network,
  }),
  list: unary({
    summary: "List your networks with their members.",
    http: { method: "get", path: "/v1/networks" },
    cli: { command: "network ls" },
    mcp: readOnly,
    input: z.strictObject({}),
    output: page(Network),
  }),
  inspect: unary({
    summary: "Show a network, its addresses and its members.",
    http: { method: "get", path: "/v1/networks/{name}" },
    cli: { command: "network inspect", positionals: ["name"] },
    input: z.strictObject({ name: Name }),
    output: Network,
  }),
  remove: unary({
    summary: "Remove a network that has no members.",
    http: { method: "delete", path: "/v1/networks/{name}" },
    cli: { command: "network rm", positionals: ["name"] },
    mcp: destructive,
    input: z.strictObject({
      name: Name,
      force: z.boolean().optional().meta({
        description: "Cut its members off: they go on without a network.",
        default: false,
      }),
    }),
    output: z.object({
      name: Name,
      removed: z.literal(true),
      cutOff: z.array(Id).meta({ description: "Members that go on without a network." }),
    }),
  }),
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
