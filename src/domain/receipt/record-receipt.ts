import { canonicalJson } from "../../base/canonical-json.ts";
import { isoTime } from "../../base/clock.ts";
import { newId } from "../../base/ids.ts";
import { sha256 } from "../../base/sha256.ts";
import type { ChangeReceipt, ReceiptBody, RunReceipt } from "../../contracts/types.ts";
import type { BuildRow, Ended, ExportRow, ReceiptRow, RunKind, RunRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { headText } from "./receipt-signer.ts";

const OPERATIONS: Readonly<Record<RunKind, RunReceipt["operation"]>> = {
  exec: "sandbox.exec",
  job: "job.run",
  agent: "agent.run",
};

export type ReceiptSource = {
  readonly row: RunRow;
  readonly keyId: string | null;
  readonly workspaceAfter: string | null;
  /** False where nobody counted the output: a run whose Moorage was ended. @default true */
  readonly outputCounted?: boolean;
};

/** Appends the receipt of an ended run to the chain, and closes the run. */
export function recordReceipt(context: DomainContext, source: ReceiptSource): Promise<ReceiptRow> {
  return appendReceipt(context, runFacts(source), { run: { ...source.row, endedAt: context.timers.now() } });
}

/** Appends the receipt of an ended build to the chain, and closes the build. */
export function recordBuildReceipt(context: DomainContext, row: BuildRow): Promise<ReceiptRow> {
  return appendReceipt(context, buildFacts(row), { build: { ...row, endedAt: context.timers.now() } });
}

/** Appends the receipt of an ended export to the chain, and closes the export. */
export function recordExportReceipt(context: DomainContext, row: ExportRow): Promise<ReceiptRow> {
  return appendReceipt(context, exportFacts(row), { export: { ...row, endedAt: context.timers.now() } });
}

export type ChangeFacts = Omit<
  ChangeReceipt,
  "version" | "id" | "sequence" | "previous" | "deployment" | "recordedAt" | "hash" | "signature" | "via"
> & { readonly via: NonNullable<ChangeReceipt["via"]> | null };

/** Appends to the chain that somebody changed something, or tried to. */
export function recordChange(context: DomainContext, facts: ChangeFacts): Promise<ReceiptRow> {
  return appendReceipt(context, facts, { change: true });
}

type Facts = ChangeFacts | ReturnType<typeof runFacts> | ReturnType<typeof buildFacts> | ReturnType<typeof exportFacts>;

function appendReceipt(context: DomainContext, facts: Facts, ended: Ended): Promise<ReceiptRow> {
  const { signer, clock, store } = context;
  const id = newId();
  return store.receipts.append((last) => {
    const place = { id, sequence: (last?.sequence ?? 0) + 1, previous: last?.hash ?? null };
    const recordedAt = isoTime(clock.now());
    const body = { version: 1, ...place, deployment: signer.deployment, ...facts, recordedAt } satisfies ReceiptBody;
    const text = canonicalJson(body);
    const hash = sha256(text);
    const row: ReceiptRow = {
      sequence: place.sequence,
      id,
      owner: body.owner,
      text,
      hash,
      signature: signer.sign(hash),
      change: body.operation === "change",
    };
    const head = { deployment: signer.deployment, count: place.sequence, hash };
    return { row, head: { ...head, signature: signer.sign(headText(head)) } };
  }, ended);
}

function buildFacts(row: BuildRow) {
  return {
    operation: "image.build" as const,
    owner: row.owner,
    key: row.keyId,
    buildId: row.id,
    tag: row.tag,
    dockerfileHash: row.dockerfileHash,
    contextHash: row.contextHash,
    imageId: row.imageId,
    engine: row.engine,
    isolation: row.isolation,
    limits: row.limits,
    network: row.network,
    status: row.status,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
  };
}

function exportFacts(row: ExportRow) {
  return {
    operation: "image.export" as const,
    owner: row.owner,
    key: row.keyId,
    exportId: row.id,
    service: row.service,
    image: row.image,
    sandboxId: row.sandboxId,
    reference: row.reference,
    digest: row.digest,
    engine: row.engine,
    isolation: row.isolation,
    status: row.status,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
  };
}

function runFacts({ row, keyId, workspaceAfter, outputCounted = true }: ReceiptSource) {
  return {
    operation: OPERATIONS[row.kind],
    owner: row.owner,
    key: keyId,
    agentId: row.agentId,
    runId: row.id,
    sandboxId: row.sandboxId,
    commandHash: sha256(canonicalJson(row.command)),
    engine: row.engine,
    isolation: row.isolation,
    image: row.image,
    imageDigest: row.imageDigest,
    profile: row.profile,
    limits: row.limits,
    network: row.network,
    runtime: row.runtime,
    status: row.status,
    reason: row.reason,
    exitCode: row.exitCode,
    timedOut: row.timedOut,
    oomKilled: row.oomKilled,
    signal: row.signal,
    startedAt: row.startedAt,
    durationMs: row.durationMs,
    stdoutBytes: outputCounted ? row.stdoutBytes : null,
    stderrBytes: outputCounted ? row.stderrBytes : null,
    peakMemoryBytes: row.peakMemoryBytes,
    workspaceBefore: row.workspaceBefore,
    workspaceAfter,
  };
}
