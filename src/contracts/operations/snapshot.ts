import { z } from "zod";
import { unary } from "../operation.ts";
import { Id, page, PageInput } from "../primitives.ts";
import { Snapshot, SnapshotRef } from "../snapshot.ts";
import { destructive, readOnly } from "./bindings.ts";

export const snapshotOperations = {
  list: unary({
    summary: "List your snapshots of sandboxes, newest first.",
    http: { method: "get", path: "/v1/snapshots" },
    cli: { command: "snapshot ls" },
    mcp: readOnly,
    input: z.strictObject(PageInput),
    output: page(Snapshot),
  }),
  get: unary({
    summary: "Read a snapshot: what it was taken of, its size, and who is made of it.",
    http: { method: "get", path: "/v1/snapshots/{id}" },
    cli: { command: "snapshot get", positionals: ["id"] },
    input: z.strictObject({ id: SnapshotRef }),
    output: Snapshot,
  }),
  remove: unary({
    summary: "Remove a snapshot.",
    http: { method: "delete", path: "/v1/snapshots/{id}" },
    cli: { command: "snapshot rm", positionals: ["id"] },
    mcp: destructive,
    input: z.strictObject({ id: SnapshotRef }),
    output: z.object({ id: Id, removed: z.literal(true) }),
  }),
} as const;
