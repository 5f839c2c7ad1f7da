import { z } from "zod";
import { ImageReference } from "./primitives.ts";

/** What an image of one's own may be called. */
export const ImageTag = z
  .string()
  .regex(/^(?:agent-env:)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "expected agent-env:TAG, or TAG alone");

export const ImageSbomInput = z.strictObject({
  reference: ImageReference.meta({ description: "Image reference, such as agent-env:report-1." }),
});

export const ImageSbom = z
  .object({
    reference: z.string(),
    imageId: z.string().meta({ description: "The engine's own address of the content, `sha256:…`." }),
    format: z.literal("CycloneDX"),
    specVersion: z.literal("1.6"),
    components: z.int().meta({ description: "Packages that were found: of dpkg, apk, pip and npm." }),
    warnings: z.array(z.string()),
    document: z.record(z.string(), z.unknown()).meta({ description: "The bill of materials, as CycloneDX JSON." }),
  })
  .meta({ id: "ImageSbom" });
