import { z } from "zod";
import { PackageManager } from "./dependencies.ts";
import { ConversationId, EngineName, Id, Name, SandboxRef, Time } from "./primitives.ts";
import { IdleTimeoutMs, Labels, TtlMs } from "./sandbox-life.ts";

export const SnapshotRef = Name.meta({ id: "SnapshotRef", description: "A snapshot's id or its name." });

/** Printable text on one or more lines. */
const Comment = z
  .string()
  .min(1, "expected some text")
  .max(512, "expected at most 512 characters")
  .meta({ description: "What it is for, for people; at most 512 characters." });

export const Snapshot = z
  .object({
    id: Id,
    name: Name.nullable(),
    comment: z.string().nullable(),
    owner: z.string(),
    sandboxId: Id.meta({ description: "The sandbox that it was taken of, which may be gone." }),
    image: z.string().nullable().meta({ description: "The image that the sandbox was made from." }),
    digest: z.string().meta({ description: "Content address, `sha256:…`; the digest of sandboxes made of it." }),
    dependencies: z.array(z.string()),
    packageManager: PackageManager.nullable(),
    sizeBytes: z.int().meta({ description: "What it takes by itself, beside the image." }),
    engine: EngineName,
    createdAt: Time,
    sandboxes: z.array(Id).meta({ description: "Sandboxes that are made of it: while there are some it stays." }),
  })
  .meta({ id: "Snapshot", description: "A sandbox's files as they were at one moment." });

export const SandboxSnapshot = z.strictObject({
  id: SandboxRef,
  name: Name.optional().meta({ description: "Unique among its owner's snapshots." }),
  comment: Comment.optional(),
});

export const SandboxFork = z.strictObject({
  id: SandboxRef,
  name: Name.optional().meta({ description: "Of the new sandbox, unique for its owner." }),
  conversationId: ConversationId.optional(),
  labels: Labels.optional().meta({ description: "Instead of those of the sandbox." }),
  idleTimeoutMs: IdleTimeoutMs.optional(),
  ttlMs: TtlMs.optional(),
});
