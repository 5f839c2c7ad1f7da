import { z } from "zod";
import { dependencyFields, PackageManager } from "./dependencies.ts";
import { HostDirectory, placeFields, PublishedPort } from "./place.ts";
import { mainFields, Readiness } from "./readiness.ts";
import {
  ConversationId,
  DiskBytes,
  EngineName,
  Env,
  Id,
  ImageReference,
  Isolation,
  Limits,
  MemoryBytes,
  Cpus,
  Name,
  NetworkPolicy,
  Pids,
  Profile,
  Runtime,
  SandboxRef,
  Time,
  TimeoutMs,
} from "./primitives.ts";
import { IdleTimeoutMs, Labels, PausedBy, SandboxState, TtlMs } from "./sandbox-life.ts";

export const Sandbox = z
  .object({
    id: Id,
    name: Name.nullable(),
    conversationId: ConversationId.nullable(),
    owner: z.string(),
    state: SandboxState,
    reason: z.string().nullable().meta({ description: "Why it is in this state, where there is more to say." }),
    stateSince: Time,
    pausedBy: PausedBy.nullable().meta({ description: "Of a paused or stopped one; null otherwise." }),
    image: z.string().nullable(),
    imageDigest: z.string().nullable(),
    snapshot: Id.nullable().meta({ description: "The snapshot that it was made from." }),
    forkOf: Id.nullable().meta({ description: "The sandbox that it was forked from, which may be gone." }),
    dependencies: z.array(z.string()).meta({ description: "Packages that were installed on top of the image." }),
    packageManager: PackageManager.nullable(),
    useImageCommand: z.boolean(),
    command: z.array(z.string()).nullable().meta({ description: "Of a main process of its own: its arguments." }),
    readiness: Readiness.nullable(),
    volume: Name.nullable().meta({ description: "The volume that it works in; null: one of its own, or a directory." }),
    hostDirectory: HostDirectory.nullable(),
    ports: z.array(PublishedPort),
    profile: Profile,
    limits: Limits,
    network: NetworkPolicy,
    runtime: Runtime.nullable().meta({ description: "Runtime class that was asked for; null: the engine's default." }),
    engine: EngineName,
    isolation: Isolation,
    workspace: z.string().meta({ description: "Where files live inside the sandbox." }),
    labels: Labels,
    idleTimeoutMs: IdleTimeoutMs,
    expiresAt: Time.nullable().meta({ description: "When it is removed; null: when its owner removes it." }),
    createdAt: Time,
    lastActiveAt: Time,
  })
  .meta({ id: "Sandbox" });

/** What a caller may ask for beyond a profile's defaults; maxima are the administrator's. */
export const LimitsInput = {
  memoryBytes: MemoryBytes.optional(),
  cpus: Cpus.optional(),
  pids: Pids.optional(),
  diskBytes: DiskBytes.optional(),
  timeoutMs: TimeoutMs.optional(),
};

/** What a main process of the image's own has printed, as far as the engine keeps it. */
export const SandboxOutput = z.object({
  stdout: z.string(),
  stderr: z.string(),
  bytes: z.int().meta({ description: "How much of both was printed there, before `tail`." }),
  next: z
    .string()
    .nullable()
    .meta({ description: "Where `after` goes on: the place behind it; null where nothing was printed yet." }),
  gap: z.boolean().meta({ description: "True: what came right behind `after` is no longer kept." }),
});

export const SandboxOutputInput = z.strictObject({
  id: SandboxRef,
  after: z.string().min(1).max(256).optional().meta({
    description: "Only what was printed behind this place, which an earlier answer called `next`.",
  }),
  tail: z.int().min(1).max(100_000).optional().meta({ description: "Only so many last lines of each stream." }),
});

export const SandboxCreate = z.strictObject({
  name: Name.optional().meta({ description: "Unique for the owner; creating it again answers the one that exists." }),
  conversationId: ConversationId.optional(),
  image: ImageReference.optional().meta({ description: "Image reference; the configured default otherwise." }),
  snapshot: Name.optional().meta({
    description:
      "Id or name of a snapshot of yours to begin with, instead of an image: its files, `/workspace` included.",
  }),
  ...dependencyFields,
  ...mainFields,
  ...placeFields,
  env: Env.optional().meta({ description: "Variables of every run in this sandbox." }),
  profile: Profile.optional(),
  network: NetworkPolicy.optional().meta({ default: "none" }),
  runtime: Runtime.optional(),
  labels: Labels.optional(),
  idleTimeoutMs: IdleTimeoutMs.optional(),
  ttlMs: TtlMs.optional(),
  ...LimitsInput,
  timeoutMs: TimeoutMs.optional().meta({
    description: "Deadline in milliseconds of each run in it that names none of its own; 30 s when not given.",
  }),
});
