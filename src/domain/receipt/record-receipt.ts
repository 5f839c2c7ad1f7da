import { canonicalJson } from "../../base/canonical-json.ts";
import { isoTime } from "../../base/clock.ts";
import { newId } from "../../base/ids.ts";
import { sha256 } from "../../base/sha256.ts";
import type { ReceiptBody } from "../../contracts/types.ts";
import type { ReceiptRow, RunKind, RunRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { headText } from "./receipt-signer.ts";

const OPERATIONS: Readonly<Record<RunKind, ReceiptBody["operation"]>> = {
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
  const { signer, clock, timers, store } = context;
  const id = newId();
  return store.receipts.append(
    (last) => {
      const place = { id, sequence: (last?.sequence ?? 0) + 1, previous: last?.hash ?? null };
      const body: ReceiptBody = {
        version: 1,
        ...place,
        deployment: signer.deployment,
        ...facts(source),
        recordedAt: isoTime(clock.now()),
      };
      const text = canonicalJson(body);
      const hash = sha256(text);
      const row: ReceiptRow = {
        sequence: place.sequence,
        id,
        owner: body.owner,
        text,
        hash,
        signature: signer.sign(hash),
      };
      const head = { deployment: signer.deployment, count: place.sequence, hash };
      return { row, head: { ...head, signature: signer.sign(headText(head)) } };
    },
    { ...source.row, endedAt: timers.now() },
  );
}

function facts({ row, keyId, workspaceAfter, outputCounted = true }: ReceiptSource) {
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
