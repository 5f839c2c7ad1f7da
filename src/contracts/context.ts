import { z } from "zod";
import { FileMode } from "./file.ts";
import { Id, Time } from "./primitives.ts";

const ContextFile = z.union(
  [
    z.string(),
    z.strictObject({
      base64: z.base64("expected base64"),
      mode: FileMode.optional().meta({ description: "Permission bits in octal.", default: "0644" }),
    }),
  ],
  { error: "expected the file's text, or { base64, mode }" },
);

const GitUrl = z.string().min(1, "expected the URL of a repository").max(4096);

const GitSource = z.strictObject({
  url: GitUrl.meta({ description: "https:// or file://; `#ref:subdirectory` may follow it." }),
  ref: z.string().min(1).max(255).optional().meta({ description: "Branch, tag or full commit; HEAD otherwise." }),
  subdirectory: z.string().min(1).max(4096).optional().meta({ description: "Directory that is the context's root." }),
});

/** Where a build context comes from: one of these. */
const sources = {
  files: z.record(z.string(), ContextFile).optional().meta({
    description: "Files by their relative paths: each a text, or { base64, mode }.",
  }),
  path: z.string().min(1).max(4096).optional().meta({ description: "Directory of the host below an allowed root." }),
  git: z.union([GitUrl, GitSource], { error: "expected a URL, or { url, ref, subdirectory }" }).optional().meta({
    description: "Git repository: its URL, which `#ref:subdirectory` may follow, or { url, ref, subdirectory }.",
  }),
};

const dockerfile = z.string().min(1).max(4096).optional().meta({
  description: "Path of the Dockerfile in the context; `Dockerfile` otherwise, which is written where none is there.",
});

/** The fields by which an operation is told what to build from; `isOneSource` has to hold for them. */
export const contextFields = {
  contextId: Id.optional().meta({ description: "A context that was staged before." }),
  ...sources,
  dockerfile,
};

const ONE_SOURCE = {
  error:
    "expected one thing to build from: a directory (path), a repository (git), a staged context (contextId), or files",
};
const ONE_NEW_SOURCE = { error: "expected one source: a directory (path), a repository (git), or files" };

export function isOneSource(input: Readonly<Record<string, unknown>>): boolean {
  return ["contextId", "files", "path", "git"].filter((name) => input[name] !== undefined).length === 1;
}

export const ContextSource = z.strictObject(contextFields).refine(isOneSource, ONE_SOURCE);

export const ContextCreate = z.strictObject({ ...sources, dockerfile }).refine(isOneSource, ONE_NEW_SOURCE);

export const ContextDockerfile = z
  .object({
    path: z.string(),
    text: z.string().meta({ description: "What is judged and built, to the byte." }),
    generatedFor: z.enum(["python", "node", "go", "static"]).nullable().meta({
      description: "What it was written for; null: it was there.",
    }),
  })
  .meta({ id: "ContextDockerfile" });

export const StagedContext = z
  .object({
    id: Id,
    files: z.int().meta({ description: "Files and links; directories are not counted." }),
    bytes: z.int().meta({ description: "Of their contents." }),
    ignored: z
      .object({
        count: z.int().meta({ description: "A directory that was left out whole counts once." }),
        examples: z.array(z.string()),
      })
      .meta({ description: "What `.dockerignore` and the default ignores left out." }),
    dockerfile: ContextDockerfile,
    commit: z.string().nullable().meta({ description: "Of a Git repository: the commit that it is." }),
    createdAt: Time,
    expiresAt: Time,
  })
  .meta({ id: "StagedContext" });

export const ContextSummary = StagedContext.omit({ dockerfile: true }).meta({ id: "ContextSummary" });
