import { z } from "zod";
import { Env } from "./primitives.ts";

const MIB = 1024 * 1024;

export const BuildArgs = Env.meta({
  id: "BuildArgs",
  description: "Values of the Dockerfile's ARG instructions. Others can read them in the image: no place for secrets.",
});

/** The text that is judged is, to the byte, the text that is built. */
const DockerfileText = z
  .string()
  .refine((text) => new TextEncoder().encode(text).length <= MIB, "expected at most 1 MiB of text")
  .refine((text) => !text.includes("\0"), "expected text without NUL characters")
  .refine((text) => text.isWellFormed(), "expected text that can be written as UTF-8")
  .meta({ id: "DockerfileText", description: "The text of a Dockerfile, at most 1 MiB." });

export const DockerfileRule = z
  .enum([
    "add-url",
    "base-registry",
    "engine-socket",
    "host-mount",
    "host-network",
    "insecure",
    "latest-tag",
    "private-image",
    "privileged",
    "secret-in-env",
    "syntax",
    "syntax-frontend",
    "unsupported",
  ])
  .meta({ id: "DockerfileRule", description: "What the finding is about; docs/images.md has a table of them." });

export const DockerfileFinding = z
  .object({
    line: z.int().min(1),
    endLine: z.int().min(1),
    rule: DockerfileRule,
    severity: z.enum(["error", "warning"]).meta({ description: "What has an error is not built." }),
    message: z.string().meta({ description: "What was found. Values that may be secrets are not in it." }),
    fix: z.string().meta({ description: "What to write instead." }),
  })
  .meta({ id: "DockerfileFinding" });

export const DockerfileBase = z
  .object({
    line: z.int().min(1),
    stage: z.string().nullable().meta({ description: "The stage's own name, in lower case; null where it has none." }),
    kind: z.enum(["image", "stage", "scratch"]).meta({ description: "What the stage begins with." }),
    reference: z.string().nullable().meta({
      description: "The image or the stage, its variables written out; null where nobody can tell before the build.",
    }),
  })
  .meta({ id: "DockerfileBase" });

export const ImageCheckInput = z.strictObject({
  dockerfile: DockerfileText,
  buildArgs: BuildArgs.optional(),
});

export const ImageChecked = z
  .object({
    ok: z.boolean().meta({ description: "True when it may be built: no finding is an error." }),
    mode: z.enum(["enforce", "warn", "off"]).meta({ description: "What the administrator chose, `build.policy`." }),
    findings: z.array(DockerfileFinding).meta({ description: "In the order of their lines; at most 200." }),
    omitted: z.int().min(0).meta({ description: "Findings beyond these." }),
    bases: z.array(DockerfileBase).meta({ description: "One for each stage, in order." }),
  })
  .meta({ id: "ImageChecked" });
