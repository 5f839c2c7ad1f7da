import { page } from "../../contracts/primitives.ts";
import { Receipt, ReceiptVerification } from "../../contracts/receipt.ts";
import type { Receipt as ReceiptData } from "../../contracts/types.ts";
import { keyValues } from "../output/key-values.ts";
import { labelled, successLine } from "../output/message.ts";
import { table } from "../output/table.ts";
import { bytesCell, durationCell, limitsCell, NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

export const receiptList = view(page(Receipt), ({ items }, layout) => {
  if (items.length === 0) return { note: "no receipts yet; every run leaves one." };
  const columns = [
    { header: "RECEIPT", whole: true },
    { header: "NO", align: "right" as const },
    { header: "STATUS", whole: true },
    { header: "OPERATION" },
    { header: "EXIT", align: "right" as const },
    { header: "RECORDED" },
    { header: "RUN", whole: true },
  ];
  const rows = items.map(({ id, sequence, status, operation, exitCode, recordedAt, runId }) => [
    id,
    String(sequence),
    status,
    operation,
    exitCode === null ? NOTHING : String(exitCode),
    timeCell(recordedAt),
    runId,
  ]);
  return { out: table(columns, rows, layout) };
});

export const receiptDetails = view(Receipt, (receipt, layout) => ({
  out: keyValues([...identity(receipt), ...outcome(receipt), ...chain(receipt)], layout),
}));

type Pairs = readonly (readonly [string, string])[];

function identity(receipt: ReceiptData): Pairs {
  return [
    ["Receipt", receipt.id],
    ["Number", String(receipt.sequence)],
    ["Operation", receipt.operation],
    ["Owner", receipt.owner],
    ["Key", receipt.key ?? NOTHING],
    ["Agent", receipt.agentId ?? NOTHING],
    ["Run", receipt.runId],
    ["Sandbox", receipt.sandboxId],
    ["Command", receipt.commandHash],
    ["Engine", `${receipt.engine} (isolation: ${receipt.isolation})`],
    ["Image", receipt.image ?? NOTHING],
    ["Digest", receipt.imageDigest ?? NOTHING],
    ["Profile", receipt.profile],
    ["Limits", limitsCell(receipt.limits)],
    ["Network", receipt.network],
    ["Runtime", receipt.runtime ?? "the engine's default"],
  ];
}

function outcome(receipt: ReceiptData): Pairs {
  const flags = [receipt.oomKilled ? "out of memory" : "", receipt.signal ?? ""];
  return [
    ["Status", [receipt.status, ...flags].filter((flag) => flag !== "").join(", ")],
    ["Reason", receipt.reason ?? NOTHING],
    ["Exit code", receipt.exitCode === null ? NOTHING : String(receipt.exitCode)],
    ["Started", timeCell(receipt.startedAt)],
    ["Duration", durationCell(receipt.durationMs)],
    ["Output", `${bytesCell(receipt.stdoutBytes)} stdout, ${bytesCell(receipt.stderrBytes)} stderr`],
    ["Peak memory", bytesCell(receipt.peakMemoryBytes)],
    ["Before", receipt.workspaceBefore ?? NOTHING],
    ["After", receipt.workspaceAfter ?? NOTHING],
  ];
}

function chain(receipt: ReceiptData): Pairs {
  return [
    ["Recorded", timeCell(receipt.recordedAt)],
    ["Previous", receipt.previous ?? NOTHING],
    ["Hash", receipt.hash],
    ["Signature", receipt.signature],
  ];
}

export const verification = view(ReceiptVerification, ({ ok, count, problems }, layout) => {
  if (ok)
    return { out: successLine(`${count} receipts verified: signatures, hash chain and signed head hold.`, layout) };
  const bad = (text: string): string => labelled({ label: "✖ ", paint: layout.style.red }, text, layout);
  const found = problems.map(({ sequence, problem }) =>
    bad(sequence === null ? problem : `receipt ${sequence}: ${problem}`),
  );
  return {
    out: [...found, bad(`The receipts do not hold: ${problems.length} problems in ${count} receipts.`)].join(""),
  };
});
