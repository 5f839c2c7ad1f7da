import { z } from "zod";
import { Encoding, PageInput, SandboxRef, Time } from "./primitives.ts";

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

const Mode = z
  .string()
  .regex(/^0?[0-7]{3}$/, "expected three octal digits such as 0644: special bits cannot be set")
  .meta({ id: "FileMode", description: "Permission bits in octal, such as 0644." });

export const FileStat = FileInfo.extend({ path: z.string() }).meta({ id: "FileStat" });

export const FileList = z.strictObject({ id: SandboxRef, path: FilePath.optional().meta({ default: "." }) });

export const FileRead = z.strictObject(target);

export const FileContent = z.object({ path: z.string(), content: z.string(), encoding: Encoding, sizeBytes: z.int() });

export const FileWrite = z.strictObject({
  ...target,
  content: z.string().max(24 * 1024 * 1024),
  encoding: Encoding.optional().meta({ default: "utf8" }),
  mode: Mode.optional().meta({ description: "Permission bits in octal.", default: "0644" }),
});

export const FileWritten = z.object({ path: z.string(), sizeBytes: z.int() });

export const FileMakeDirectory = z.strictObject({
  ...target,
  mode: Mode.optional().meta({ description: "Permission bits in octal.", default: "0755" }),
});

export const FileMove = z.strictObject({
  id: SandboxRef,
  from: FilePath,
  to: FilePath.meta({ description: "The whole new path; directories above it exist already." }),
  overwrite: z.boolean().optional().meta({ description: "Take the place of a file or link that is there." }),
});

export const FileChmod = z.strictObject({ ...target, mode: Mode });

const MAX_PATH = 4096;

export const FileFind = z.strictObject({
  id: SandboxRef,
  path: FilePath.optional().meta({ description: "Directory to look through.", default: "." }),
  name: z
    .string()
    .min(1, "expected a pattern")
    .max(255)
    .optional()
    .meta({
      description: "Pattern of the last part of the path: * any text, ? one character, [abc] one of these.",
      examples: ["*.py"],
    }),
  type: FileInfo.shape.type.optional(),
  minBytes: z.int().min(0, "expected at least 0").optional().meta({ description: "Only what is at least this large." }),
  maxBytes: z.int().min(0, "expected at least 0").optional().meta({ description: "Only what is at most this large." }),
  depth: z
    .int()
    .min(1, "expected at least 1")
    .max(256, "expected at most 256")
    .optional()
    .meta({ description: "Levels below the directory; 1 is what is in it.", default: 256 }),
  limit: PageInput.limit,
  cursor: z
    .string()
    .max(4 * MAX_PATH)
    .optional()
    .meta({ description: "`nextCursor` of the page before." }),
});

export const FileFound = z.object({
  items: z.array(FileStat),
  nextCursor: z.string().nullable(),
});
