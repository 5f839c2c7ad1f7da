import { z } from "zod";
import {
  FileChmod,
  FileContent,
  FileFind,
  FileFound,
  FileInfo,
  FileList,
  FileMakeDirectory,
  FileMove,
  FileRead,
  FileStat,
  FileWrite,
  FileWritten,
} from "../file.ts";
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
  stat: unary({
    summary: "Tell type, size, mode and time of an entry; of a link itself, not of what it leads to.",
    http: { method: "get", path: "/v1/sandboxes/{id}/stat" },
    cli: { command: "file stat", positionals: ["id", "path"] },
    mcp: readOnly,
    input: FileRead,
    output: FileStat,
  }),
  mkdir: unary({
    summary: "Make a directory, and those above it.",
    http: { method: "post", path: "/v1/sandboxes/{id}/directory" },
    cli: { command: "file mkdir", positionals: ["id", "path"] },
    input: FileMakeDirectory,
    output: FileStat,
  }),
  move: unary({
    summary: "Rename a file or a directory; what is there already is kept unless it may be overwritten.",
    http: { method: "post", path: "/v1/sandboxes/{id}/move" },
    cli: { command: "file mv", positionals: ["id", "from", "to"] },
    input: FileMove,
    output: FileStat,
  }),
  chmod: unary({
    summary: "Set the permission bits of a file or a directory.",
    http: { method: "post", path: "/v1/sandboxes/{id}/mode" },
    cli: { command: "file chmod", positionals: ["id", "mode", "path"] },
    input: FileChmod,
    output: FileStat,
  }),
  find: unary({
    summary: "Find files by name, type and size, in the order of their paths.",
    http: { method: "get", path: "/v1/sandboxes/{id}/find" },
    cli: {
      command: "file find",
      positionals: ["id", "path"],
      flags: { minBytes: { flag: "min-size", parse: "bytes" }, maxBytes: { flag: "max-size", parse: "bytes" } },
    },
    mcp: readOnly,
    input: FileFind,
    output: FileFound,
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
