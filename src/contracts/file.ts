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

export const FileMode = z
  .string()
  .regex(/^0?[0-7]{3}$/, "expected three octal digits such as 0644: special bits cannot be set")
  .meta({ id: "FileMode", description: "Permission bits in octal, such as 0644." });

export const FileStat = FileInfo.extend({ path: z.string() }).meta({ id: "FileStat" });

export const FileList = z.strictObject({ id: SandboxRef, path: FilePath.optional().meta({ default: "." }) });

export const FileTarget = z.strictObject(target);

export const FileRead = z.strictObject({
  ...target,
  offset: z.int().optional().meta({ description: "Byte to begin at; a negative one counts from the end.", default: 0 }),
  length: z
    .int()
    .min(1, "expected at least 1")
    .optional()
    .meta({ description: "Bytes to read at most; all up to the end otherwise." }),
});

export const FileContent = z.object({
  path: z.string(),
  content: z.string(),
  encoding: Encoding,
  sizeBytes: z.int().meta({ description: "Of the whole file." }),
  offset: z.int().meta({ description: "Where the content begins." }),
  nextOffset: z.int().nullable().meta({ description: "Where to read on; null at the end of the file." }),
});

export const FileWrite = z.strictObject({
  ...target,
  content: z.string().max(24 * 1024 * 1024),
  encoding: Encoding.optional().meta({ default: "utf8" }),
  mode: FileMode.optional().meta({ description: "Permission bits in octal.", default: "0644" }),
});

export const FileWritten = z.object({ path: z.string(), sizeBytes: z.int() });

export const FileMakeDirectory = z.strictObject({
  ...target,
  mode: FileMode.optional().meta({ description: "Permission bits in octal.", default: "0755" }),
});

export const FileMove = z.strictObject({
  id: SandboxRef,
  from: FilePath,
  to: FilePath.meta({ description: "The whole new path; directories above it exist already." }),
  overwrite: z.boolean().optional().meta({ description: "Take the place of a file or link that is there." }),
});

export const FileChmod = z.strictObject({ ...target, mode: FileMode });

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
  type: FileInfo.shape.type.optional().meta({ description: "Entries of this kind alone." }),
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

const Patterns = z.array(z.string().min(1, "expected a pattern").max(255)).max(50);

const MAX_TEXT = 1024 * 1024;

export const FileGrep = z.strictObject({
  id: SandboxRef,
  pattern: z
    .string()
    .min(1, "expected a text to look for")
    .max(4096)
    .meta({ description: "A regular expression in RE2's syntax, looked for in each line." }),
  path: FilePath.optional().meta({ description: "A file, or a directory to look through.", default: "." }),
  fixed: z.boolean().optional().meta({ description: "Take the pattern as it is written, not as an expression." }),
  ignoreCase: z.boolean().optional().meta({ description: "Take capital and small letters as the same." }),
  include: Patterns.optional().meta({ description: "Only files with such a name, such as *.py." }),
  exclude: Patterns.optional().meta({ description: "No files with such a name." }),
  context: z
    .int()
    .min(0, "expected at least 0")
    .max(20, "expected at most 20")
    .optional()
    .meta({ description: "Lines to show before and after each.", default: 0 }),
  limit: PageInput.limit.meta({ description: "Lines found at most.", default: 100 }),
});

export const FileMatch = z
  .object({
    path: z.string(),
    line: z.int().meta({ description: "Number of the line, from 1." }),
    column: z.int().meta({ description: "Character of the line at which the text begins, from 1." }),
    text: z.string().meta({ description: "The line, or the part of a long one with the text." }),
    before: z.array(z.string()),
    after: z.array(z.string()),
  })
  .meta({ id: "FileMatch" });

export const FileGrepped = z.object({
  matches: z.array(FileMatch),
  filesSearched: z.int(),
  binaryFiles: z.array(z.string()).meta({ description: "Files that were not looked into, the first 20." }),
  binaryCount: z.int().meta({ description: "How many those are." }),
  stoppedBy: z
    .enum(["matches", "size", "time"])
    .nullable()
    .meta({ description: "The cap that ended the search early; null when all was looked through." }),
});

export const FileReplace = z.strictObject({
  ...target,
  search: z.string().min(1, "expected a text to look for").max(MAX_TEXT).meta({ description: "The exact text." }),
  replace: z.string().max(MAX_TEXT).meta({ description: "What takes its place, as it is written." }),
  all: z.boolean().optional().meta({ description: "Replace it wherever it occurs; else it must occur once." }),
});

export const FileReplaced = z.object({
  path: z.string(),
  replacements: z.int(),
  lines: z.array(z.int()).meta({ description: "Lines in which it was, the first 20." }),
  sizeBytes: z.int(),
});

export const FileWatch = z.strictObject({
  id: SandboxRef,
  path: FilePath.optional().meta({ description: "Directory to watch, with all below it.", default: "." }),
});

const changedEntry = { path: z.string(), entry: FileInfo };

export const FileWatchEvent = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("ready"),
      path: z.string(),
      entries: z.int().meta({ description: "What is there already." }),
      method: z.enum(["inotify", "polling"]).meta({
        description: "By `inotify` changes are told at once; by `polling` they are looked for once a second.",
      }),
    }),
    z.object({ type: z.literal("created"), ...changedEntry }),
    z.object({ type: z.literal("changed"), ...changedEntry }),
    z.object({ type: z.literal("removed"), path: z.string() }),
    z.object({ type: z.literal("moved"), from: z.string(), ...changedEntry }),
    z.object({
      type: z.literal("overflow"),
      dropped: z.int().meta({ description: "Changes that were too many to be told: list the directory anew." }),
    }),
  ])
  .meta({ id: "FileWatchEvent" });

export const FileChanges = z.strictObject({
  id: SandboxRef,
  since: Time.optional().meta({
    description: "Changes of the workspace from then on, such as 2026-01-02T03:04:05Z; since it was created otherwise.",
  }),
  limit: PageInput.limit,
});

export const FileChanged = z.object({
  items: z.array(
    z.object({
      path: z.string(),
      place: z.enum(["workspace", "root"]),
      change: z
        .enum(["created", "changed", "removed"])
        .meta({ description: "In the workspace always `changed`: made or changed, and still there." }),
    }),
  ),
  nextCursor: z.null(),
  since: Time,
  truncated: z.boolean().meta({ description: "True where there are more than the limit." }),
  rootKnown: z
    .boolean()
    .meta({ description: "False where the engine cannot tell what changed outside the workspace." }),
});
