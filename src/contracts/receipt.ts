import { z } from "zod";
import { EngineName, Hash, Id, Isolation, Limits, NetworkPolicy, Profile, Time } from "./primitives.ts";
import { Reason, RunStatus } from "./run.ts";

/** The body that is hashed and signed: only what was measured, null where it was not. */
export const ReceiptBody = z.object({
  version: z.literal(1),
  id: Id,
  sequence: z.int().min(1).meta({ description: "Place in the chain, from 1, without gaps." }),
  previous: Hash.nullable().meta({ description: "Hash of the receipt before; null in the first." }),
  deployment: Id,
  operation: z.enum(["job.run", "agent.run", "sandbox.exec"]),
  owner: z.string(),
  key: z.string().nullable().meta({ description: "Id of the API key that was used; null on the local socket." }),
  agentId: z.string().nullable(),
  runId: Id,
  sandboxId: Id,
  commandHash: Hash.meta({ description: "Of the canonical JSON of the argument vector." }),
  engine: EngineName,
  isolation: Isolation,
  image: z.string().nullable(),
  imageDigest: z.string().nullable(),
  profile: Profile,
  limits: Limits,
  network: NetworkPolicy,
  runtime: z.string().nullable().meta({ description: "Runtime class that was asked for; null: the engine's default." }),
  status: RunStatus,
  reason: Reason,
  exitCode: z.int().nullable(),
  timedOut: z.boolean(),
  oomKilled: z.boolean(),
  signal: z.string().nullable(),
  startedAt: Time,
  durationMs: z.int().nullable(),
  stdoutBytes: z.int().nullable(),
  stderrBytes: z.int().nullable(),
  peakMemoryBytes: z.int().nullable(),
  workspaceBefore: Hash.nullable().meta({ description: "Hash of the workspace's tree; null where none was given." }),
  workspaceAfter: Hash.nullable(),
  recordedAt: Time,
});

export const Receipt = ReceiptBody.extend({
  hash: Hash.meta({ description: "SHA-256 of the canonical JSON of everything above." }),
  signature: z.string().meta({ description: "Ed25519 over the hash, base64." }),
}).meta({ id: "Receipt" });

/** Protects the end of the chain: without it a cut-off tail would not be missed. */
export const ReceiptHead = z
  .object({ deployment: Id, count: z.int(), hash: Hash.nullable(), signature: z.string() })
  .meta({ id: "ReceiptHead" });

export const ReceiptVerification = z
  .object({
    ok: z.boolean(),
    count: z.int().meta({ description: "Receipts that were read." }),
    publicKey: z.string().meta({ description: "Ed25519 public key, PEM." }),
    problems: z.array(z.object({ sequence: z.int().nullable(), problem: z.string() })),
  })
  .meta({ id: "ReceiptVerification" });

export const ReceiptExportEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("receipt"), receipt: Receipt }),
    z.object({ type: z.literal("head"), head: ReceiptHead, publicKey: z.string() }),
  ])
  .meta({ id: "ReceiptExportEvent" });
