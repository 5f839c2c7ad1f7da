import { z } from "zod";
import { ContextDockerfile, contextFields, isOneSource } from "./context.ts";
import { BuildArgs, ImageChecked } from "./image-check.ts";
import { ImageTag } from "./image-archive.ts";
import { EngineName, Id, Isolation, Time } from "./primitives.ts";
import { RunStatus } from "./run.ts";

const MIB = 1024 * 1024;
/** What is passed to the engine with one request. */
const MAX_ARGS_BYTES = 64 * 1024;

/** What each step of a build reaches. */
export const BuildNetwork = z.enum(["open", "none"]).meta({
  id: "BuildNetwork",
  description: "What the steps of a build reach: the internet but neither the host nor what runs on it, or nothing.",
});

export const BuildLimits = z
  .object({
    memoryBytes: z.int(),
    cpus: z.number(),
    pids: z.int().nullable().meta({ description: "Null where the engine's builder cannot bound them." }),
    timeoutMs: z.int().meta({ description: "Deadline of the whole build." }),
  })
  .meta({ id: "BuildLimits", description: "The limits in force; all but the deadline hold for each step by itself." });

const Argument = z.string().refine((text) => !text.includes("\0"), "expected text without NUL characters");

const ImageLabels = z
  .record(
    z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/, "expected a key such as org.example.version"),
    Argument,
  )
  .refine(
    (given) => !Object.keys(given).some((key) => /^(?:dev\.)?moorage\./.test(key)),
    "moorage. and dev.moorage. are kept for Moorage",
  )
  .refine((given) => JSON.stringify(given).length <= MAX_ARGS_BYTES, "expected at most 64 KiB of labels");

export const ImageBuild = z
  .strictObject({
    ...contextFields,
    tag: ImageTag.optional().meta({
      description: "What the image is called: `agent-env:TAG`, or TAG alone; by its task and the time otherwise.",
    }),
    task: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "expected 1 to 63 of a-z, 0-9 and inner dashes")
      .optional()
      .meta({ description: "What it is for: the image is called `agent-env:TASK-TIME`.", default: "build" }),
    buildArgs: BuildArgs.optional(),
    check: z.boolean().optional().meta({ description: "Only judge the Dockerfile; nothing is built.", default: false }),
    target: z
      .string()
      .min(1, "expected the name of a stage")
      .max(128, "expected at most 128 characters")
      .optional()
      .meta({ description: "Stage to build; the last one otherwise." }),
    platform: z
      .string()
      .regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, "expected OS/ARCHITECTURE, such as linux/arm64")
      .optional()
      .meta({ description: "Platform of the image; the engine's own otherwise." }),
    patchSet: z.string().max(4096).optional().meta({
      description: "Kept for later: a directory of patches. A build with one is refused.",
    }),
    labels: ImageLabels.optional().meta({ description: "Labels of the image." }),
    noCache: z.boolean().optional().meta({ description: "Do every step again.", default: false }),
    network: BuildNetwork.optional().meta({
      description: "What its steps reach: open, for installers, or none.",
      default: "open",
    }),
    memoryBytes: z
      .int()
      .min(16 * MIB, "expected at least 16 MiB")
      .optional()
      .meta({ description: "Memory of each step; 2 GiB otherwise." }),
    cpus: z
      .number()
      .min(0.01, "expected at least 0.01")
      .optional()
      .meta({ description: "Processors of each step; 2 otherwise." }),
    pids: z
      .int()
      .min(2, "expected at least 2")
      .optional()
      .meta({ description: "Processes of each step; 1024 otherwise." }),
    timeoutMs: z
      .int()
      .min(1, "expected at least 1 ms")
      .max(1_800_000, "expected at most 30 minutes")
      .optional()
      .meta({ description: "Deadline of the whole build in milliseconds; 15 minutes otherwise." }),
  })
  .refine(isOneSource, {
    error:
      "expected one thing to build from: a directory (path), a repository (git), a staged context (contextId), or files",
  });

const BuildFailure = z
  .object({
    code: z.string(),
    message: z.string(),
    instruction: z.string().nullable(),
    line: z.int().nullable().meta({ description: "Line of the Dockerfile on which that begins." }),
  })
  .meta({ id: "BuildFailure" });

/** A build as it is kept; what it printed is in its log. */
export const Build = z
  .object({
    buildId: Id,
    status: RunStatus,
    tag: z.string(),
    imageId: z.string().nullable().meta({ description: "The engine's own id of the image, `sha256:…`." }),
    digest: z.string().nullable().meta({ description: "Content address by which it is told on this engine." }),
    sizeBytes: z.int().nullable(),
    steps: z.int().nullable(),
    cachedSteps: z.int().nullable().meta({ description: "Those that needed no work." }),
    durationMs: z.int().nullable(),
    warnings: z.array(z.string()),
    failure: BuildFailure.nullable().meta({
      description: "Why there is no image; null where there is one, and where nobody saw the end.",
    }),
    engine: EngineName,
    isolation: Isolation,
    network: BuildNetwork,
    limits: BuildLimits,
    platform: z.string().nullable(),
    target: z.string().nullable(),
    logBytes: z.int(),
    createdAt: Time,
    receiptId: Id.nullable(),
  })
  .meta({ id: "Build" });

export const BuildEvent = z
  .discriminatedUnion("type", [
    z
      .object({ type: z.literal("checked"), checked: ImageChecked, dockerfile: ContextDockerfile })
      .meta({ description: "The first event: what was judged, and how." }),
    z.object({
      type: z.literal("waiting"),
      place: z.int().min(1).meta({ description: "In the queue of builds, counted from 1; told anew when it changes." }),
    }),
    z.object({ type: z.literal("started"), buildId: Id, tag: z.string() }),
    z.object({ type: z.literal("warning"), message: z.string() }),
    z.object({
      type: z.literal("step"),
      step: z.int(),
      steps: z.int(),
      line: z.int().nullable().meta({ description: "Line of the Dockerfile on which it begins." }),
      instruction: z.string(),
    }),
    z.object({ type: z.literal("cached"), step: z.int() }),
    z.object({ type: z.literal("output"), lines: z.array(z.string()) }),
    z.object({ type: z.literal("retry"), reason: z.string(), pauseMs: z.int() }),
    z.object({ type: z.literal("result"), result: Build }),
  ])
  .meta({
    id: "BuildEvent",
    description:
      "`result` is the last event, or `checked` where nothing else was asked for; a build that fails ends with an error.",
  });

const BuildRef = z
  .string()
  .min(1)
  .max(512)
  .meta({ description: "A build's id, or the tag of its image, of which the latest build counts." });

export const BuildLogInput = z.strictObject({
  ref: BuildRef,
  offset: z.int().min(0, "expected at least 0").optional().meta({ description: "First byte to read.", default: 0 }),
  tail: z
    .int()
    .min(0, "expected at least 0")
    .max(100_000, "expected at most 100000")
    .optional()
    .meta({ description: "Only the last lines." }),
  limit: z
    .int()
    .min(1, "expected at least 1")
    .max(8 * MIB, `expected at most ${8 * MIB}`)
    .optional()
    .meta({ description: "Bytes to read at most.", default: MIB }),
});

export const BuildLog = z
  .object({
    buildId: Id,
    status: RunStatus,
    text: z.string().meta({ description: "What was printed; a line stands for what is no longer kept." }),
    nextOffset: z.int().meta({ description: "Where the next read goes on." }),
    complete: z.boolean().meta({ description: "True when the build has ended and nothing follows." }),
  })
  .meta({ id: "BuildLog" });
