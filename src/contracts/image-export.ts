import { z } from "zod";
import { LayerEvent, TransferTimeoutMs } from "./image-transfer.ts";
import { EngineName, Hash, Id, ImageReference, Isolation, SandboxRef, Time } from "./primitives.ts";
import { RunStatus } from "./run.ts";

const MAX_SERVICES = 50;

const Service = z
  .string()
  .regex(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/, "expected a name of a-z, 0-9 and inner dots, dashes and underscores")
  .max(63, "expected at most 63 characters");

const services = <S extends z.ZodType>(source: S) =>
  z.record(Service, source).refine((given) => Object.keys(given).length <= MAX_SERVICES, {
    error: `expected at most ${MAX_SERVICES} services`,
  });

export const ImageExportInput = z
  .strictObject({
    images: services(ImageReference).optional().meta({ description: "Your images, by the service that each is." }),
    sandboxes: services(SandboxRef).optional().meta({
      description: "Your sandboxes, by service: their files as they are now are made an image.",
    }),
    registry: z
      .string()
      .min(1, "expected a registry, such as ghcr.io/team")
      .max(255, "expected at most 255 characters")
      .refine(
        (text) => !/^https?:|\/$/i.test(text),
        "expected HOST[:PORT][/PATH], without http:// or https:// before it and / behind it",
      )
      .optional()
      .meta({
        description: "Registry, with a path where one is wanted; the administrator's otherwise: docker.io.",
      }),
    prefix: Service.optional().meta({ description: "What the names begin with; the administrator's otherwise: demo." }),
    version: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "expected a tag, such as 1.2")
      .optional()
      .meta({ description: "Their tag; the administrator's otherwise: latest." }),
    keep: z.boolean().optional().meta({
      description: "Leave the images under their new names on this engine too.",
      default: false,
    }),
    timeoutMs: TransferTimeoutMs,
  })
  .refine(({ images = {}, sandboxes = {} }) => Object.keys({ ...images, ...sandboxes }).length > 0, {
    error: "expected at least one service, as an image or a sandbox",
  })
  .refine(({ images = {}, sandboxes = {} }) => Object.keys(images).every((name) => !(name in sandboxes)), {
    error: "expected each service once, as an image or as a sandbox",
  });

const ExportFailure = z
  .object({ code: z.string(), message: z.string(), hint: z.string().nullable() })
  .meta({ id: "ExportFailure" });

/** An export of one service as it is kept; what happened is in its log. */
export const Export = z
  .object({
    exportId: Id,
    service: z.string(),
    status: RunStatus,
    image: z.string().nullable().meta({ description: "The image that was exported; null of a sandbox." }),
    sandboxId: Id.nullable().meta({ description: "The sandbox whose files were exported; null of an image." }),
    reference: z.string().meta({ description: "Where it went: REGISTRY/PREFIX-SERVICE:VERSION." }),
    digestReference: z.string().nullable().meta({
      description: "The same under a tag that never means another content: the first 12 digits of the digest.",
    }),
    digest: Hash.nullable().meta({ description: "As the registry has confirmed it; null where nothing was pushed." }),
    sizeBytes: z.int().nullable(),
    layersPushed: z.int().nullable(),
    layersReused: z.int().nullable().meta({ description: "Layers that the registry had already." }),
    warnings: z.array(z.string()),
    failure: ExportFailure.nullable(),
    durationMs: z.int().nullable(),
    engine: EngineName,
    isolation: Isolation,
    createdAt: Time,
    receiptId: Id.nullable(),
  })
  .meta({ id: "Export" });

export const ImageExportResult = z
  .object({
    ok: z.boolean().meta({ description: "True where all services were exported." }),
    exported: z.record(z.string(), Export).meta({ description: "Those that were, by service." }),
    failed: z.record(z.string(), Export).meta({ description: "Those that were not, by service, with their reasons." }),
  })
  .meta({ id: "ImageExportResult" });

export const ImageExportEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("started"), exportId: Id, service: z.string(), reference: z.string() }),
    z.object({ type: z.literal("warning"), service: z.string(), message: z.string() }),
    LayerEvent.extend({ service: z.string() }),
    z.object({ type: z.literal("ended"), service: z.string(), export: Export }),
    z.object({ type: z.literal("result"), result: ImageExportResult }),
  ])
  .meta({
    id: "ImageExportEvent",
    description: "Up to three services at once, each event with its own; `result` is the last event.",
  });

export const ExportLogInput = z.strictObject({
  exportId: Id,
  offset: z.int().min(0, "expected at least 0").optional().meta({ description: "First byte to read.", default: 0 }),
  tail: z.int().min(0, "expected at least 0").max(100_000, "expected at most 100000").optional().meta({
    description: "Only the last lines.",
  }),
});

export const ExportLog = z
  .object({
    exportId: Id,
    status: RunStatus,
    text: z.string(),
    nextOffset: z.int().meta({ description: "Where the next read goes on." }),
    complete: z.boolean().meta({ description: "True when the export has ended and nothing follows." }),
  })
  .meta({ id: "ExportLog" });
