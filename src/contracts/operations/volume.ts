import { z } from "zod";
import { unary } from "../operation.ts";
import { Volume } from "../place.ts";
import { Name, page } from "../primitives.ts";
import { destructive, readOnly } from "./bindings.ts";

export const volumeOperations = {
  list: unary({
    summary: "List your volumes: workspaces that outlive their sandboxes.",
    http: { method: "get", path: "/v1/volumes" },
    cli: { command: "volume ls" },
    mcp: readOnly,
    input: z.strictObject({}),
    output: page(Volume),
  }),
  remove: unary({
    summary: "Remove a volume with all its files.",
    http: { method: "delete", path: "/v1/volumes/{name}" },
    cli: { command: "volume rm", positionals: ["name"] },
    mcp: destructive,
    input: z.strictObject({ name: Name }),
    output: z.object({ name: Name, removed: z.literal(true) }),
  }),
} as const;
