import { z } from "zod";
import { BuildLimits, BuildNetwork } from "./build.ts";
import { EngineName, Hash, Id, Isolation, Limits, NetworkPolicy, Profile, Time } from "./primitives.ts";
import { Reason, RunStatus } from "./run.ts";

/** What every receipt says, whatever it is of: its place in the chain, and whose it is. */
const link = {
  version: z.literal(1),
  id: Id,
  sequence: z.int().min(1).meta({ description: "Place in the chain, from 1, without gaps." }),
  previous: Hash.nullable().meta({ description: "Hash of the receipt before; null in the first." }),
  deployment: Id,
  owner: z.string(),
  key: z.string().nullable().meta({ description: "Id of the API key that was used; null on the local socket." }),
  recordedAt: Time,
};

const end = {
  engine: EngineName,
  isolation: Isolation,
  status: RunStatus,
  startedAt: Time,
  durationMs: z.int().nullable(),
};

const RunReceiptBody = z.object({
  ...link,
  ...end,
  operation: z.enum(["job.run", "agent.run", "sandbox.exec"]),
  agentId: z.string().nullable(),
  runId: Id,
  sandboxId: Id,
  commandHash: Hash.meta({ description: "Of the canonical JSON of the argument vector." }),
  image: z.string().nullable(),
  imageDigest: z.string().nullable(),
  profile: Profile,
  limits: Limits,
  network: NetworkPolicy,
  runtime: z.string().nullable().meta({ description: "Runtime class that was asked for; null: the engine's default." }),
  reason: Reason,
  exitCode: z.int().nullable(),
  timedOut: z.boolean(),
  oomKilled: z.boolean(),
  signal: z.string().nullable(),
  stdoutBytes: z.int().nullable(),
  stderrBytes: z.int().nullable(),
  peakMemoryBytes: z.int().nullable(),
  workspaceBefore: Hash.nullable().meta({ description: "Hash of the workspace's tree; null where none was given." }),
  workspaceAfter: Hash.nullable(),
});

const BuildReceiptBody = z.object({
  ...link,
  ...end,
  operation: z.literal("image.build"),
  buildId: Id,
  tag: z.string(),
  dockerfileHash: Hash.meta({ description: "Of the Dockerfile that was judged and built." }),
  contextHash: Hash.nullable().meta({
    description: "Of the archive that was sent to the engine; null where it was not sent whole.",
  }),
  imageId: z.string().nullable().meta({ description: "Content address of what was built; null where nothing was." }),
  limits: BuildLimits,
  network: BuildNetwork,
});

const ExportReceiptBody = z.object({
  ...link,
  ...end,
  operation: z.literal("image.export"),
  exportId: Id,
  service: z.string(),
  image: z.string().nullable(),
  sandboxId: Id.nullable(),
  reference: z.string(),
  digest: Hash.nullable().meta({ description: "As the registry has confirmed it; null where nothing was pushed." }),
});

const ChangeReceiptBody = z.object({
  ...link,
  operation: z.literal("change").meta({ description: "A change that leaves no receipt of another kind." }),
  change: z.string().meta({ description: "Which operation it was, such as `sandbox.create`." }),
  user: z.string().meta({ description: "Who acted: the owner, or whose agent the owner is." }),
  agent: z.boolean().meta({ description: "Whether the owner is an agent." }),
  via: z
    .object({ issuer: z.string(), subject: z.string() })
    .nullable()
    .optional()
    .meta({ description: "Who vouched for the user, and as whom; null: a key, or the local socket." }),
  subject: z.record(z.string(), z.string()).meta({
    description: "What it was about and what it set, as text: ids, names, numbers and switches, and no contents.",
  }),
  outcome: z.enum(["done", "failed", "refused"]),
  code: z.string().nullable().meta({ description: "Of the error; null where it is done." }),
  startedAt: Time,
  durationMs: z.int(),
});

/** The body that is hashed and signed: only what was measured, null where it was not. */
export const ReceiptBody = z.discriminatedUnion("operation", [
  RunReceiptBody,
  BuildReceiptBody,
  ExportReceiptBody,
  ChangeReceiptBody,
]);

const seal = {
  hash: Hash.meta({ description: "SHA-256 of the canonical JSON of everything else but the signature." }),
  signature: z.string().meta({ description: "Ed25519 over the hash, base64." }),
};

export const RunReceipt = RunReceiptBody.extend(seal).meta({ id: "RunReceipt" });
export const BuildReceipt = BuildReceiptBody.extend(seal).meta({ id: "BuildReceipt" });
export const ExportReceipt = ExportReceiptBody.extend(seal).meta({ id: "ExportReceipt" });
export const ChangeReceipt = ChangeReceiptBody.extend(seal).meta({ id: "ChangeReceipt" });
export const Receipt = z
  .discriminatedUnion("operation", [RunReceipt, BuildReceipt, ExportReceipt, ChangeReceipt])
  .meta({ id: "Receipt", type: "object" });

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
