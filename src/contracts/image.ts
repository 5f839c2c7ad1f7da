import { z } from "zod";
import { ImageReference } from "./primitives.ts";

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
