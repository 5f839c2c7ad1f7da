import { z } from "zod";
import { Encoding, SandboxRef, Time } from "./primitives.ts";

/** Checked for confinement at the domain's door: `..` and absolute paths outside the workspace are PATH_NOT_ALLOWED. */
const FilePath = z
  .string()
  .min(1, "expected a path")
  .max(4096)
  .refine((path) => !path.includes("\0"), "expected a path without NUL characters")
  .meta({ id: "FilePath", description: "Relative to the workspace, or absolute below /workspace." });

export const FileInfo = z
  .object({
    name: z.string(),
    type: z.enum(["file", "directory", "symlink", "other"]),
    sizeBytes: z.int(),
    mode: z.string().meta({ description: "Permission bits in octal, such as 0644." }),
    modifiedAt: Time,
  })
  .meta({ id: "FileInfo" });

const target = { id: SandboxRef, path: FilePath };

export const FileList = z.strictObject({ id: SandboxRef, path: FilePath.optional().meta({ default: "." }) });

export const FileRead = z.strictObject(target);

export const FileContent = z.object({ path: z.string(), content: z.string(), encoding: Encoding, sizeBytes: z.int() });

export const FileWrite = z.strictObject({
  ...target,
  content: z.string().max(24 * 1024 * 1024),
  encoding: Encoding.optional().meta({ default: "utf8" }),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, "expected three octal digits such as 0644")
    .optional()
    .meta({ description: "Permission bits in octal.", default: "0644" }),
});

export const FileWritten = z.object({ path: z.string(), sizeBytes: z.int() });
