import { z } from "zod";
import { FileContent, FileInfo, FileList, FileRead, FileWrite, FileWritten } from "../file.ts";
import { unary } from "../operation.ts";
import { changing, destructive, readOnly } from "./bindings.ts";

export const fileOperations = {
  list: unary({
    summary: "List a directory of a sandbox.",
    http: { method: "get", path: "/v1/sandboxes/{id}/directory" },
    cli: { command: "file ls", positionals: ["id", "path"] },
    mcp: readOnly,
    input: FileList,
    output: z.object({ items: z.array(FileInfo), nextCursor: z.null() }),
  }),
  read: unary({
    summary: "Read a file of a sandbox, up to 16 MiB.",
    http: { method: "get", path: "/v1/sandboxes/{id}/file" },
    cli: { command: "file read", positionals: ["id", "path"] },
    mcp: readOnly,
    input: FileRead,
    output: FileContent,
  }),
  write: unary({
    summary: "Write a file of a sandbox, up to 16 MiB, making its directories.",
    http: { method: "put", path: "/v1/sandboxes/{id}/file" },
    cli: {
      command: "file write",
      positionals: ["id", "path"],
      flags: { content: { short: "i", parse: "stdin" }, encoding: { offered: false } },
    },
    mcp: changing,
    input: FileWrite,
    output: FileWritten,
  }),
  remove: unary({
    summary: "Remove a file or a directory with all that is in it.",
    http: { method: "delete", path: "/v1/sandboxes/{id}/file" },
    cli: { command: "file rm", positionals: ["id", "path"] },
    mcp: destructive,
    input: FileRead,
    output: z.object({ path: z.string(), removed: z.literal(true) }),
  }),
} as const;
