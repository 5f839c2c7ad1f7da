import { page } from "../../contracts/primitives.ts";
import { Receipt, ReceiptVerification } from "../../contracts/receipt.ts";
import type {
  BuildReceipt,
  ChangeReceipt,
  ExportReceipt,
  Receipt as ReceiptData,
  RunReceipt,
} from "../../contracts/types.ts";
import { formatBytes, formatDuration } from "../../base/quantities.ts";
import { keyValues } from "../output/key-values.ts";
import { labelled, successLine } from "../output/message.ts";
import { table } from "../output/table.ts";
import { bytesCell, durationCell, limitsCell, NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

export const receiptList = view(page(Receipt), ({ items }, layout) => {
  if (items.length === 0) return { note: "no receipts yet; every run, build and export leaves one." };
  const columns = [
    { header: "RECEIPT", whole: true },
    { header: "NO", align: "right" as const },
    { header: "STATUS", whole: true },
    { header: "OPERATION" },
    { header: "EXIT", align: "right" as const },
    { header: "RECORDED" },
    { header: "OF", whole: true },
  ];
  const rows = items.map((receipt) => [
    receipt.id,
    String(receipt.sequence),
    "status" in receipt ? receipt.status : receipt.outcome,
    receipt.operation,
    "exitCode" in receipt && receipt.exitCode !== null ? String(receipt.exitCode) : NOTHING,
    timeCell(receipt.recordedAt),
    ofWhat(receipt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const receiptDetails = view(Receipt, (receipt, layout) => ({
  out: keyValues([...identity(receipt), ...facts(receipt), ...chain(receipt)], layout),
}));

/** Who did what, to what, and how it ended. */
export const auditList = view(page(Receipt), ({ items }, layout) => {
  if (items.length === 0) return { note: "nothing has been done yet." };
  const columns = [
    { header: "RECORDED", whole: true },
    { header: "OWNER" },
    { header: "KEY" },
    { header: "WHAT", whole: true },
    { header: "OUTCOME", whole: true },
    { header: "OF" },
  ];
  const rows = items.map((receipt) => {
    const changed = receipt.operation === "change";
    return [
      ...[timeCell(receipt.recordedAt), receipt.owner, receipt.key ?? NOTHING],
      ...(changed ? [receipt.change, receipt.code ?? receipt.outcome] : [receipt.operation, receipt.status]),
      ofWhat(receipt),
    ];
  });
  return { out: table(columns, rows, layout) };
});

function ofWhat(receipt: ReceiptData): string {
  if (receipt.operation === "change") return subjectCell(receipt);
  if (receipt.operation === "image.build") return receipt.buildId;
  return receipt.operation === "image.export" ? receipt.exportId : receipt.runId;
}

type Pairs = readonly (readonly [string, string])[];

function identity(receipt: ReceiptData): Pairs {
  return [
    ["Receipt", receipt.id],
    ["Number", String(receipt.sequence)],
    ["Operation", receipt.operation],
    ["Owner", receipt.owner],
    ["Key", receipt.key ?? NOTHING],
  ];
}

function facts(receipt: ReceiptData): Pairs {
  if (receipt.operation === "change") return ofChange(receipt);
  if (receipt.operation === "image.export") return ofExport(receipt);
  return receipt.operation === "image.build" ? ofBuild(receipt) : [...ofRun(receipt), ...outcome(receipt)];
}

function subjectCell({ subject }: ChangeReceipt): string {
  const pairs = Object.entries(subject).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? NOTHING : pairs.join(" ");
}

function ofChange(receipt: ChangeReceipt): Pairs {
  return [
    ["Change", receipt.change],
    ["Of", subjectCell(receipt)],
    ["User", receipt.agent ? `${receipt.user}, by an agent` : receipt.user],
    ["Outcome", receipt.code === null ? receipt.outcome : `${receipt.outcome}: ${receipt.code}`],
    ["Started", timeCell(receipt.startedAt)],
    ["Duration", durationCell(receipt.durationMs)],
  ];
}

function ofBuild(receipt: BuildReceipt): Pairs {
  const { memoryBytes, cpus, pids, timeoutMs } = receipt.limits;
  const processes = pids === null ? "any number of" : String(pids);
  const limits = `${formatBytes(memoryBytes)}, ${cpus} CPU, ${processes} processes, ${formatDuration(timeoutMs)}`;
  return [
    ["Build", receipt.buildId],
    ["Tag", receipt.tag],
    ["Dockerfile", receipt.dockerfileHash],
    ["Context", receipt.contextHash ?? NOTHING],
    ["Image", receipt.imageId ?? NOTHING],
    ["Engine", `${receipt.engine} (isolation: ${receipt.isolation})`],
    ["Limits", limits],
    ["Network", receipt.network],
    ["Status", receipt.status],
    ["Started", timeCell(receipt.startedAt)],
    ["Duration", durationCell(receipt.durationMs)],
  ];
}

function ofExport(receipt: ExportReceipt): Pairs {
  return [
    ["Export", receipt.exportId],
    ["Service", receipt.service],
    ["Image", receipt.image ?? NOTHING],
    ["Sandbox", receipt.sandboxId ?? NOTHING],
    ["To", receipt.reference],
    ["Digest", receipt.digest ?? NOTHING],
    ["Engine", `${receipt.engine} (isolation: ${receipt.isolation})`],
    ["Status", receipt.status],
    ["Started", timeCell(receipt.startedAt)],
    ["Duration", durationCell(receipt.durationMs)],
  ];
}

function ofRun(receipt: RunReceipt): Pairs {
  return [
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

function outcome(receipt: RunReceipt): Pairs {
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
