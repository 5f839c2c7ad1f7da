import { z } from "zod";
import { ImageReference, PageInput, Time } from "./primitives.ts";

export const ImageExistsInput = z.strictObject({
  reference: ImageReference.meta({ description: "Image reference, such as python:3.11-slim." }),
});

export const ImageEnsureInput = z.strictObject({
  reference: ImageReference.optional().meta({
    description: "Image reference; without it the image of `agent run`: the configured one, else Moorage's own.",
  }),
  workspace: z.string().min(1).max(4096).optional().meta({
    description: "Directory below an allowed root where a failed build leaves `docker-build.log`.",
  }),
});

export const ImagePresence = z
  .object({
    ok: z.boolean().meta({ description: "True when the engine has it. Nothing is pulled to find out." }),
    reference: z.string(),
    digest: z.string().nullable().meta({ description: "Content address, `sha256:…`." }),
    sizeBytes: z.int().nullable(),
  })
  .meta({ id: "ImagePresence" });

export const ImageRef = ImageReference.meta({ description: "Image reference, such as agent-env:report-1." });

export const Image = z
  .object({
    reference: z.string(),
    kind: z.enum(["built", "imported"]).meta({ description: "How it came here." }),
    digest: z.string().meta({ description: "Content address, `sha256:…`." }),
    sizeBytes: z.int(),
    createdAt: Time,
    usedAt: Time.meta({ description: "When something was last made of it." }),
    missing: z.boolean().meta({ description: "True when the engine has it no more, or another under its name." }),
  })
  .meta({ id: "Image" });

export const ImageListInput = z.strictObject({
  filter: z.string().min(1).max(512).optional().meta({
    description: "Only references that begin so: `agent-env` for all that were built.",
  }),
  ...PageInput,
});

export const ImageHistory = z
  .object({
    reference: z.string(),
    steps: z.array(
      z.object({
        createdAt: Time,
        instruction: z.string(),
        sizeBytes: z.int().meta({ description: "What its layer takes; 0 for one that changed no files." }),
      }),
    ),
  })
  .meta({ id: "ImageHistory", description: "The newest step first." });

export const ImageRemoved = z.object({ reference: z.string(), removed: z.literal(true) }).meta({ id: "ImageRemoved" });

export const ImagePruneInput = z.strictObject({
  unusedMs: z.int().min(0, "expected at least 0").optional().meta({
    description: "Also images of yours that nothing was made of for as long, in milliseconds; none otherwise.",
  }),
});

export const ImagePruned = z
  .object({
    images: z.array(z.string()).meta({ description: "References that were removed." }),
    cacheImages: z.int().meta({ description: "Nameless images of builds that were removed." }),
    freedBytes: z.int().nullable().meta({
      description:
        "Of the nameless ones, without what they share; null where images went, whose layers nobody measures.",
    }),
  })
  .meta({ id: "ImagePruned" });
