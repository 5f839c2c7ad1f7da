import { z } from "zod";
import { Hash, ImageReference } from "./primitives.ts";

export const TransferTimeoutMs = z.int().min(1, "expected at least 1 ms").optional().meta({
  description:
    "Deadline in milliseconds; the administrator's longest otherwise. Five minutes without progress end it too.",
});

export const LayerEvent = z
  .object({
    type: z.literal("layer"),
    layer: z.string().meta({ description: "The engine's short name for it." }),
    status: z.enum(["waiting", "downloading", "extracting", "uploading", "done", "there"]).meta({
      description: "`there`: it was where it should go already, and is not sent.",
    }),
    currentBytes: z.int().nullable(),
    totalBytes: z.int().nullable(),
  })
  .meta({ id: "LayerEvent", description: "Where one layer is; a reader that is slow gets the latest of each." });

export const ImagePullInput = z.strictObject({
  reference: ImageReference.meta({ description: "Image reference, such as ghcr.io/team/app:1.2." }),
  platform: z
    .string()
    .regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, "expected OS/ARCHITECTURE[/VARIANT], such as linux/arm64")
    .optional()
    .meta({ description: "OS/ARCHITECTURE[/VARIANT]; the engine's own otherwise. Another than asked is refused." }),
  timeoutMs: TransferTimeoutMs,
});

const ImagePulled = z
  .object({
    reference: z.string(),
    digest: Hash.meta({ description: "The registry's address of the content." }),
    imageId: Hash.meta({ description: "The engine's own address of the content." }),
    sizeBytes: z.int(),
    pulled: z.boolean().meta({ description: "False: what the registry has was here already." }),
  })
  .meta({ id: "ImagePulled" });

export const ImagePushInput = z.strictObject({
  reference: ImageReference.meta({ description: "An image that Moorage has made for you." }),
  to: ImageReference.optional().meta({
    description: "Where it goes, such as registry.example/team/app:1.2; the image's own name otherwise.",
  }),
  timeoutMs: TransferTimeoutMs,
});

const ImagePushed = z
  .object({
    reference: z.string().meta({ description: "Where it went." }),
    digest: Hash.meta({
      description: "The registry's address of the content, as the registry itself has confirmed it.",
    }),
    imageId: Hash.meta({ description: "The engine's own address of the content." }),
    sizeBytes: z.int().meta({ description: "Of the image, unpacked." }),
    layersPushed: z.int(),
    layersReused: z.int().meta({ description: "Layers that the registry had already, and that were not sent." }),
  })
  .meta({ id: "ImagePushed" });

export const ImagePushEvent = z
  .discriminatedUnion("type", [LayerEvent, z.object({ type: z.literal("result"), result: ImagePushed })])
  .meta({ id: "ImagePushEvent", description: "`result` is the last event; without it nothing is said to be pushed." });

export const ImagePullEvent = z
  .discriminatedUnion("type", [LayerEvent, z.object({ type: z.literal("result"), result: ImagePulled })])
  .meta({ id: "ImagePullEvent", description: "`result` is the last event." });
