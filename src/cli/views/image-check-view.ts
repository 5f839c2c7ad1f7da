import { ImageChecked } from "../../contracts/image-check.ts";
import type { DockerfileFinding } from "../../contracts/types.ts";
import { labelled } from "../output/message.ts";
import type { TableLayout } from "../output/table.ts";
import { view } from "./view.ts";

const MARKS = { error: ["✖ ", "red"], warning: ["! ", "yellow"] } as const;

/** Findings as compilers tell them, so that editors find the line. */
export const imageChecked = view(ImageChecked, ({ ok, mode, findings, omitted }, layout) => {
  const out = findings.map((finding) => findingLines(finding, layout)).join("");
  const all = findings.length + omitted;
  const count = `${all} ${all === 1 ? "finding" : "findings"}${omitted === 0 ? "" : `, the first ${findings.length} of them shown`}`;
  if (!ok) return { out, warning: `It must not be built: ${count}.` };
  return {
    ...(out === "" ? {} : { out }),
    success: `It may be built${all === 0 ? "" : `, with ${count}`} (policy ${mode}).`,
  };
});

export function findingLines({ line, rule, severity, message, fix }: DockerfileFinding, layout: TableLayout): string {
  const [mark, color] = MARKS[severity];
  const found = labelled(
    { label: mark, paint: layout.style[color] },
    `Dockerfile:${line} ${severity} ${rule}: ${message}`,
    layout,
  );
  return found + labelled({ label: "  fix: ", paint: layout.style.cyan }, fix, layout);
}
