import { CleanupReport, DoctorReport } from "../../contracts/system.ts";
import type { Finding } from "../../contracts/types.ts";
import { labelled, successLine } from "../output/message.ts";
import { table, type TableLayout } from "../output/table.ts";
import { probeTable } from "./probe-table.ts";
import { view } from "./view.ts";

const MARKS = { ok: ["✔ ", "green"], warning: ["! ", "yellow"], failed: ["✖ ", "red"] } as const;

export const doctorReport = view(DoctorReport, ({ ok, engine, findings, probes }, layout) => {
  if (probes !== undefined) return { out: probeTable(probes, layout) };
  const lines = findings.map((finding) => findingLines(finding, layout)).join("");
  const failed = findings.filter(({ status }) => status === "failed").length;
  const verdict = ok
    ? successLine(`A sandbox can run here, on the ${engine} engine.`, layout)
    : labelled(
        { label: "✖ ", paint: layout.style.red },
        `${ran(findings) ? "A sandbox ran, but" : "No sandbox can run here yet:"} ${failed} of ${findings.length} checks failed.`,
        layout,
      );
  return { out: `${lines}\n${verdict}` };
});

function ran(findings: readonly Finding[]): boolean {
  return findings.some(({ check, status }) => check === "sandbox" && status !== "failed");
}

function findingLines({ check, status, message, fix }: Finding, layout: TableLayout): string {
  const [mark, color] = MARKS[status];
  const found = labelled({ label: mark, paint: layout.style[color] }, `${check}: ${message}`, layout);
  return fix === null ? found : found + labelled({ label: "  fix: ", paint: layout.style.cyan }, fix, layout);
}

export const cleanupReport = view(CleanupReport, ({ removed, recovered, failed }, layout) => {
  if (removed.length + recovered.length + failed.length === 0) return { success: "Nothing to clean up." };
  const rows = [
    ...removed.map(({ kind, id }) => [id, kind, "removed"]),
    ...recovered.map(({ runId, status }) => [runId, "run", `recorded as ${status}`]),
    ...failed.map(({ kind, id, message }) => [id, kind, `failed, and is tried again: ${message}`]),
  ];
  const columns = [{ header: "ID", whole: true }, { header: "KIND" }, { header: "DONE" }];
  return { out: table(columns, rows, layout) };
});
